//! Wake-on-LAN: the packet, from this machine by a broadcast, and the command by which a node sends it. Six bytes of ones, then
//! the address sixteen times: 102 bytes.

use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{Effect, Timestamp};
use jarvis_ports::{Accepted, Clock, PerformError, Waker};
use std::{net::Ipv4Addr, sync::Arc};
use tokio::net::UdpSocket;

/// The discard port, as everybody uses it.
const PORT: u16 = 9;

/// Sends the packet that its two arguments name: the address, and where to. Perl is on every Proxmox node.
const PERL: &str = "use Socket; my ($mac, $to) = @ARGV; $mac =~ s/[^0-9a-f]//gi; \
    socket(my $s, PF_INET, SOCK_DGRAM, 0) or die qq(socket: $!); \
    setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1) or die qq(broadcast: $!); \
    my $packet = pack(q(H12), q(f) x 12) . (pack(q(H12), $mac) x 16); \
    my $sent = send($s, $packet, 0, pack_sockaddr_in(PORT, inet_aton($to))); \
    die qq(send: $!) unless defined $sent and $sent == 102;";

/// The command by which a node sends it.
pub fn argv(mac: &str, broadcast: Option<Ipv4Addr>) -> Result<Vec<String>, String> {
    argv_to(mac, broadcast, PORT)
}

fn argv_to(mac: &str, broadcast: Option<Ipv4Addr>, port: u16) -> Result<Vec<String>, String> {
    packet(mac)?;
    let to = broadcast.unwrap_or(Ipv4Addr::BROADCAST).to_string();
    let program = PERL.replace("PORT", &port.to_string());
    Ok(["perl", "-e", &program, mac, &to].map(str::to_owned).to_vec())
}

/// The 102 bytes for an address `aa:bb:cc:dd:ee:ff`.
fn packet(mac: &str) -> Result<[u8; 102], String> {
    let mut address = [0; 6];
    let mut parts = mac.split([':', '-']);
    for byte in &mut address {
        let part = parts.next().filter(|part| part.len() == 2);
        *byte = part
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .ok_or_else(|| {
                format!("{mac:?} is no hardware address; it is written aa:bb:cc:dd:ee:ff; nothing was sent")
            })?;
    }
    if parts.next().is_some() {
        return Err(format!(
            "{mac:?} is longer than a hardware address; nothing was sent"
        ));
    }
    let mut packet = [0xff; 102];
    for place in packet[6..].chunks_exact_mut(6) {
        place.copy_from_slice(&address);
    }
    Ok(packet)
}

/// Sends packets from this machine. Inside a container without the host's network they reach nobody.
pub struct LanWaker {
    clock: Arc<dyn Clock>,
    port: u16,
}

impl LanWaker {
    /// Sends to port 9.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::to_port(clock, PORT)
    }

    /// Sends to another port: that of a simulated network.
    pub fn to_port(clock: Arc<dyn Clock>, port: u16) -> Self {
        Self { clock, port }
    }

    async fn send(&self, effect: &Effect, send_before: Timestamp) -> Result<Accepted, PerformError> {
        let rejected = |text: String, retryable| PerformError::Rejected { text, retryable };
        let Effect::Wake {
            node,
            mac,
            broadcast,
            via: None,
        } = effect
        else {
            return Err(rejected(
                "this is no packet to be sent from here; nothing was sent".to_owned(),
                false,
            ));
        };
        let packet = packet(mac).map_err(|why| rejected(format!("wake node {node}: {why}"), false))?;
        if self.clock.now() >= send_before {
            let text = format!("wake node {node}: the permit has lapsed; nothing was sent");
            return Err(rejected(text, true));
        }
        let to = (broadcast.unwrap_or(Ipv4Addr::BROADCAST), self.port);
        let sent = async {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
            socket.set_broadcast(true)?;
            socket.send_to(&packet, to).await
        };
        match sent.await {
            Ok(_) => {
                tracing::info!(%node, %mac, to = %to.0, "sent a Wake-on-LAN packet");
                Ok(Accepted::default())
            }
            Err(error) => {
                let text = format!(
                    "wake node {node}: cannot send to {}: {error}; nothing was sent",
                    to.0
                );
                Err(rejected(text, true))
            }
        }
    }
}

#[async_trait]
impl Waker for LanWaker {
    async fn wake(&self, permit: Permit) -> Result<Accepted, PerformError> {
        self.send(permit.effect(), permit.send_before()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::NodeName;
    use jarvis_ports::SystemClock;
    use std::time::Duration;

    const MAC: &str = "0a:1b:2c:3d:4e:5f";

    fn expected() -> Vec<u8> {
        let address = [0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f];
        [vec![0xff; 6], address.repeat(16)].concat()
    }

    fn effect(mac: &str) -> Effect {
        Effect::Wake {
            node: NodeName::new("forge").unwrap(),
            mac: mac.to_owned(),
            broadcast: Some(Ipv4Addr::LOCALHOST),
            via: None,
        }
    }

    async fn heard(socket: &UdpSocket) -> Vec<u8> {
        let mut bytes = [0; 200];
        let received = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut bytes));
        let length = received.await.expect("a packet should come").unwrap();
        bytes[..length].to_vec()
    }

    #[tokio::test]
    async fn a_packet_arrives() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let waker = LanWaker {
            clock: Arc::new(SystemClock),
            port: socket.local_addr().unwrap().port(),
        };
        let soon = SystemClock.now() + Duration::from_mins(1);
        waker.send(&effect(MAC), soon).await.unwrap();
        assert_eq!(heard(&socket).await, expected());

        let lapsed = waker.send(&effect(MAC), SystemClock.now()).await;
        assert!(
            matches!(lapsed, Err(PerformError::Rejected { retryable: true, .. })),
            "{lapsed:?}"
        );
        for mac in [
            "",
            "0a:1b:2c:3d:4e",
            "0a:1b:2c:3d:4e:5f:60",
            "0a:1b:2c:3d:4e:zz",
            "0a1b2c3d4e5f",
            "a:1b:2c:3d:4e:5f:0",
        ] {
            let refused = waker.send(&effect(mac), soon).await;
            assert!(
                matches!(refused, Err(PerformError::Rejected { retryable: false, .. })),
                "{mac}"
            );
            assert!(argv(mac, None).is_err(), "{mac}");
        }
        // None of those came.
        waker.send(&effect("ff:ff:ff:ff:ff:ff"), soon).await.unwrap();
        assert_eq!(heard(&socket).await, vec![0xff; 102]);
    }

    #[tokio::test]
    async fn the_command_of_a_node_sends_the_same_packet() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let argv = argv_to(MAC, Some(Ipv4Addr::LOCALHOST), port).unwrap();
        jarvis_ports::hostread::fit(&argv).unwrap();
        let output = tokio::process::Command::new(&argv[0])
            .args(&argv[1..])
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(heard(&socket).await, expected());
        let everybody = super::argv(MAC, None).unwrap();
        assert!(
            everybody[2].contains("pack_sockaddr_in(9, ") && everybody[4] == "255.255.255.255",
            "{everybody:?}"
        );
    }
}
