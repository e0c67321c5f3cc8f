//! Bytes between a client and its session. While the machine is silent none pass, in either direction, as when all its
//! processes stand still and the kernel only takes what comes.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use crate::wire::door::Net;

/// Joins the two until one of them is at its end.
pub async fn join<A, B>(client: A, session: B, net: watch::Receiver<Net>)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (client_reads, client_writes) = tokio::io::split(client);
    let (session_reads, session_writes) = tokio::io::split(session);
    let inward = pass(client_reads, session_writes, net.clone());
    let outward = pass(session_reads, client_writes, net);
    tokio::join!(inward, outward);
}

async fn pass<R, W>(mut from: R, mut to: W, mut net: watch::Receiver<Net>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 1 << 14];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if net.wait_for(|net| *net != Net::Silent).await.is_err()
            || to.write_all(&buffer[..count]).await.is_err()
        {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown().await;
}
