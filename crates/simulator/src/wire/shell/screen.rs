//! Where a shell shows what it has to show: a channel of SSH, or a console.

use russh::ChannelId;
use russh::server::Handle;
use tokio::sync::mpsc;

/// The screen before a shell.
pub enum Screen {
    /// A terminal over SSH. Whoever writes does not wait for its reader.
    Ssh(Handle, ChannelId),
    /// A console; whoever writes waits until there is room.
    Console(mpsc::Sender<String>),
}

/// Nobody looks any more.
pub struct Gone;

impl Screen {
    /// Shows a text as it is.
    pub async fn show(&self, text: &str) -> Result<(), Gone> {
        if text.is_empty() {
            return Ok(());
        }
        match self {
            Self::Ssh(handle, channel) => handle.data(*channel, text.to_owned()).await.map_err(|_| Gone),
            Self::Console(shown) => shown.send(text.to_owned()).await.map_err(|_| Gone),
        }
    }

    /// The shell ended. True when another one begins: a console asks for the next log-in.
    pub async fn end(&self, status: u8) -> bool {
        match self {
            Self::Ssh(handle, channel) => {
                // A client that is gone does not miss what it is not told.
                let _ = handle.exit_status_request(*channel, u32::from(status)).await;
                let _ = handle.eof(*channel).await;
                let _ = handle.close(*channel).await;
                false
            }
            Self::Console(shown) => !shown.is_closed(),
        }
    }

    /// Whether a flood waits for its reader.
    pub const fn waits(&self) -> bool {
        matches!(self, Self::Console(_))
    }
}
