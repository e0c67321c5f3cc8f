//! Where magic packets arrive: a UDP port on loopback that stands for the broadcast address of the simulated network.

use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;

/// Longest packet that is looked at, bytes.
const LONGEST: usize = 1024;

/// Hears packets until cancelled.
pub async fn run(shared: Arc<Shared>, socket: UdpSocket, cancel: CancellationToken) {
    let mut buffer = [0; LONGEST];
    loop {
        let received = tokio::select! {
            () = cancel.cancelled() => return,
            received = socket.recv(&mut buffer) => received,
        };
        if let Some(mac) = received.ok().and_then(|count| address(&buffer[..count])) {
            shared.with(|world| world.magic_packet(&mac, "outside"));
        }
    }
}

/// The address in a magic packet: six bytes 0xff and sixteen times the address, anywhere in it, as cards look for it.
fn address(packet: &[u8]) -> Option<String> {
    packet.windows(102).find_map(|window| {
        let (head, rest) = window.split_at(6);
        let mac = &rest[..6];
        let magic = head.iter().all(|byte| *byte == 0xff) && rest.chunks(6).all(|chunk| chunk == mac);
        // Sixteen more of 0xff would be the head moved along.
        let real = mac.iter().any(|byte| *byte != 0xff);
        (magic && real).then(|| {
            let parts: Vec<String> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
            parts.join(":")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(mac: [u8; 6]) -> Vec<u8> {
        let mut packet = vec![0xff; 6];
        packet.extend(mac.repeat(16));
        packet
    }

    #[test]
    fn a_magic_packet_names_a_card_wherever_it_begins() {
        let magic = packet([2, 0x20, 0, 0, 0, 4]);
        assert_eq!(address(&magic).as_deref(), Some("02:20:00:00:00:04"));
        let inside = [&[1, 2, 3][..], &magic, &[0; 6]].concat();
        assert_eq!(address(&inside).as_deref(), Some("02:20:00:00:00:04"));
    }

    #[test]
    fn what_is_not_magic_wakes_nobody() {
        let mut broken = packet([2, 0x20, 0, 0, 0, 4]);
        broken[101] = 5;
        for packet in [broken, packet([0xff; 6]), vec![0xff; 6], Vec::new()] {
            assert_eq!(address(&packet), None);
        }
    }
}
