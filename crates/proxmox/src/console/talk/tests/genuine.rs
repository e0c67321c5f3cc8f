//! What we speak, heard by Proxmox's own `termproxy`: runs where `JARVIS_TERMPROXY` names that program (of the repository
//! pve-xtermjs; none of it is here). What stands in for the rest of Proxmox are two listeners: the one that says yes or no to
//! a ticket, and the bridge between a WebSocket and the port of `termproxy`, as `pveproxy` is one.

use super::*;
use std::process::Stdio;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::sleep,
};

const USER: &str = "jarvis@pve!act";
const TICKET: &str = "PVEVNC:6B045A7E::a/b+c==";
const SOON: Duration = Duration::from_secs(20);

/// The program, if it is there.
fn program() -> Option<std::ffi::OsString> {
    let program = std::env::var_os("JARVIS_TERMPROXY");
    if program.is_none() {
        println!("not run: JARVIS_TERMPROXY names no termproxy");
    }
    program
}

/// `termproxy` with a shell behind it, and what it asked the daemon that knows tickets.
struct Proxy {
    child: Child,
    port: u16,
    asked: tokio::task::JoinHandle<String>,
}

impl Proxy {
    async fn start(program: &std::ffi::OsStr, accepts: bool, command: &[&str]) -> Self {
        let daemon = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let auth_port = daemon.local_addr().unwrap().port();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let asked = tokio::spawn(async move {
            let (mut stream, _) = daemon.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(port.to_string().as_bytes()) {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            let answer = if accepts {
                "200 OK"
            } else {
                "401 authentication failure"
            };
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let child = Command::new(program)
            .arg(port.to_string())
            .args([
                "--auth-port",
                &auth_port.to_string(),
                "--path",
                "/vms/101",
                "--perm",
                "VM.Console",
            ])
            .args(["--vncticket-endpoint", "--verify-port", "--"])
            .args(command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, port, asked }
    }

    /// Its port as a WebSocket.
    async fn bridged(&self) -> WebSocketStream<DuplexStream> {
        let since = Instant::now();
        let mut stream = loop {
            match TcpStream::connect(("localhost", self.port)).await {
                Ok(stream) => break stream,
                Err(error) => assert!(since.elapsed() < SOON, "{error}"),
            }
            // It tells nobody when it listens.
            sleep(Duration::from_millis(10)).await;
        };
        let (near, far) = pair().await;
        tokio::spawn(async move {
            let (mut write, mut read) = far.split();
            let (mut from, mut to) = stream.split();
            let inwards = async {
                while let Some(Ok(message)) = read.next().await {
                    if message.is_close() || to.write_all(&message.into_data()).await.is_err() {
                        return;
                    }
                }
            };
            let outwards = async {
                let mut buffer = vec![0; 128 * 1024];
                while let Ok(count @ 1..) = from.read(&mut buffer).await {
                    if write
                        .send(Message::binary(buffer[..count].to_vec()))
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            };
            tokio::select! { () = inwards => {} () = outwards => {} }
        });
        near
    }
}

/// A terminal, and what it has shown.
struct Shell {
    input: mpsc::Sender<Input>,
    output: mpsc::Receiver<Output>,
    shown: Vec<u8>,
}

impl Shell {
    async fn open(proxy: &Proxy) -> Self {
        let (input, output) = begin(proxy.bridged().await, (USER, TICKET), size(), pending())
            .await
            .unwrap();
        Self {
            input,
            output,
            shown: Vec::new(),
        }
    }

    async fn types(&self, text: &str) {
        self.input.send(Input::Bytes(text.into())).await.unwrap();
    }

    /// Waits until this is shown; gives what came until then.
    async fn until(&mut self, wanted: &str) -> String {
        let wanted = wanted.as_bytes();
        let shown = async {
            loop {
                if let Some(at) = self
                    .shown
                    .windows(wanted.len())
                    .position(|window| window == wanted)
                {
                    return self.shown.drain(..at + wanted.len()).collect::<Vec<u8>>();
                }
                self.shown.extend(bytes(self.output.recv().await));
            }
        };
        let shown = timeout(SOON, shown).await;
        String::from_utf8_lossy(&shown.unwrap_or_else(|_| panic!("{wanted:?} was not shown"))).into_owned()
    }
}

const QUIET: [&str; 3] = ["sh", "-c", "stty -echo; echo begun; exec sh"];

#[tokio::test]
async fn it_lets_in_hears_keys_and_sizes_and_passes_signs_of_life_over() {
    let Some(program) = program() else { return };
    let mut proxy = Proxy::start(&program, true, &QUIET).await;
    let mut shell = Shell::open(&proxy).await;
    shell.until("begun\r\n").await;
    let asked = (&mut proxy.asked).await.unwrap();
    assert!(
        asked.starts_with("POST /api2/json/access/vncticket HTTP/1.1\r\n"),
        "{asked}"
    );
    let form = format!(
        "authid=jarvis%40pve%21act&vncticket=PVEVNC%3A6B045A7E%3A%3Aa%2Fb%2Bc%3D%3D&path=%2Fvms%2F101&privs=VM.Console&port={}",
        proxy.port
    );
    assert!(asked.ends_with(&form), "{asked}");
    shell.types("stty size; tput cols\r").await;
    shell.until("32 120\r\n").await;
    shell.input.send(Input::Resize(size().nudged())).await.unwrap();
    shell.types("stty size; echo $TERM\r").await;
    shell.until("31 120\r\n").await;
    shell.until("xterm-256color\r\n").await;
    shell.types("echo \u{6f22}\u{1f642}:0:5:2\r").await;
    shell.until("\u{6f22}\u{1f642}:0:5:2\r\n").await;
    // Many at once, as somebody who types fast, with sizes in between.
    for count in 0..200 {
        shell.types("ec").await;
        shell.input.send(Input::Resize(size())).await.unwrap();
        shell.types(&format!("ho n{count}\r")).await;
    }
    for count in 0..200 {
        shell.until(&format!("n{count}\r\n")).await;
    }
    // What ends quietly is not told; who lets go ends it.
    shell.types("exit\r").await;
    drop(shell);
    let over = timeout(SOON, proxy.child.wait()).await.unwrap().unwrap();
    assert!(over.success(), "{over}");
}

#[tokio::test]
async fn it_takes_a_long_paste_whole_and_its_output_comes_whole() {
    let Some(program) = program() else { return };
    let proxy = Proxy::start(
        &program,
        true,
        &[
            "sh",
            "-c",
            "stty raw -echo; echo begun; head -c 400000 | cksum; sleep 60",
        ],
    )
    .await;
    let mut shell = Shell::open(&proxy).await;
    shell.until("begun").await;
    let paste: String = (0..400_000_u32)
        .map(|at| char::from(b' ' + (at * 7 % 90) as u8))
        .collect();
    let summed = std::process::Command::new("sh")
        .args(["-c", "head -c 400000 | cksum"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            std::io::Write::write_all(child.stdin.as_mut().unwrap(), paste.as_bytes())?;
            child.wait_with_output()
        })
        .unwrap();
    shell.types(&paste).await;
    shell
        .until(std::str::from_utf8(&summed.stdout).unwrap().trim())
        .await;
}

#[tokio::test]
async fn a_flood_is_stopped_by_ctrl_c_and_letting_go_ends_it() {
    let Some(program) = program() else { return };
    let mut proxy = Proxy::start(&program, true, &QUIET).await;
    let mut shell = Shell::open(&proxy).await;
    shell.until("begun\r\n").await;
    shell.types("yes\r").await;
    shell.until("y\r\ny\r\ny\r\n").await;
    // Nobody takes anything; it is read on all the same, so that Ctrl-C is heard.
    sleep(Duration::from_millis(500)).await;
    shell.types("\x03").await;
    shell.until("were left out").await;
    shell.types("echo qu''iet\r").await;
    shell.until("quiet\r\n").await;
    drop(shell);
    let over = timeout(SOON, proxy.child.wait()).await.unwrap().unwrap();
    assert!(over.success(), "{over}");
}

#[tokio::test]
async fn a_ticket_that_is_not_accepted_ends_it_without_a_word() {
    let Some(program) = program() else { return };
    let mut proxy = Proxy::start(&program, false, &QUIET).await;
    let refused = begin(proxy.bridged().await, (USER, TICKET), size(), pending()).await;
    assert_eq!(refused.unwrap_err(), NotLetIn::Closed);
    let over = timeout(SOON, proxy.child.wait()).await.unwrap().unwrap();
    assert_eq!(over.code(), Some(1));
}
