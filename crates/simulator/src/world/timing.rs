//! How long things take: the constants of the simulated cluster, each as seen on a real one.
//!
//! Sources: the project's own recordings of Proxmox VE 9.2.11 (`tests/fixtures/pve/timelines`).

use std::time::Duration;

/// A status daemon reports this often.
pub const SAMPLE_PERIOD: Duration = Duration::from_secs(10);
/// A report older than this is forgotten: guests and storages of that node become `unknown`.
pub const REPORT_EXPIRES: Duration = Duration::from_mins(5);
/// Corosync notices a silent member after this time.
pub const LOSS_NOTICED: Duration = Duration::from_millis(6_500);
/// A member that says goodbye is noticed at once.
pub const LEAVE_NOTICED: Duration = Duration::from_millis(300);
/// A thawed or reconnected member is back after this time.
pub const REJOIN: Duration = Duration::from_secs(3);
/// From joining the cluster to an answering API.
pub const BOOT_TO_API: Duration = Duration::from_secs(3);
/// From joining the cluster to the start of guests with `onboot`.
pub const BOOT_TO_ONBOOT: Duration = Duration::from_secs(5);
/// From joining the cluster to the first sign of the node's HA manager.
pub const BOOT_TO_LRM: Duration = Duration::from_millis(5_500);
/// The network of a booting node is up this long before it joins the cluster: calls are refused from then on.
pub const NETWORK_BEFORE_JOIN: Duration = Duration::from_millis(5_500);
/// `pvestatd` goes on for this long after it was told to stop.
pub const STATUS_DAEMON_STOPS: Duration = Duration::from_millis(4_500);
/// Starting a daemon takes this long.
pub const DAEMON_STARTS: Duration = Duration::from_millis(1_800);
/// Filing a request with the HA manager takes this long.
pub const HA_REQUEST: Duration = Duration::from_millis(2_500);
/// From joining the cluster to the first report of the status daemon.
pub const BOOT_TO_REPORT: Duration = Duration::from_secs(8);
/// From the accepted power command to the first guest being stopped.
pub const POWER_COMMAND_DELAY: Duration = Duration::from_secs(2);
/// From the accepted power command to the end of the node's API, at the earliest.
pub const POWER_COMMAND_API_DOWN: Duration = Duration::from_millis(15_500);
/// From the end of the node's API to the node's leaving.
pub const API_DOWN_TO_LEAVE: Duration = Duration::from_millis(1_700);
/// The longest a node waits for its guests before it goes down.
pub const STOPALL_LIMIT: Duration = Duration::from_mins(1);
/// A guest's lock file is waited for this long.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a waiting operation looks at the lock file.
pub const LOCK_POLL: Duration = Duration::from_millis(200);
/// A start this soon after a stop collides with the event daemon's cleanup...
pub const CLEANUP_WINDOW: Duration = Duration::from_secs(2);
/// ...which then keeps the guest's lock this long.
pub const CLEANUP_HOLDS: Duration = Duration::from_secs(30);
/// From the end of a reboot task to the event daemon's start of the guest.
pub const REBOOT_RESTART: Duration = Duration::from_millis(2_500);
/// Default time a guest is given to shut down.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_mins(1);
/// A proxied call to a silent or frozen node is given up after this.
pub const PROXY_TIMEOUT: Duration = Duration::from_secs(30);
/// A proxied call to a node that has been away for a while fails after this.
pub const NO_ROUTE: Duration = Duration::from_millis(2_500);
/// Period of the cluster resource manager (HA).
pub const CRM_PERIOD: Duration = Duration::from_secs(10);
/// Period of the local resource managers (HA).
pub const LRM_PERIOD: Duration = Duration::from_secs(5);
/// A node is `unknown` to HA this long after it was lost.
pub const HA_NODE_UNKNOWN: Duration = Duration::from_secs(18);
/// A local resource manager is shown as dead this long after its last sign.
pub const LRM_DEAD: Duration = Duration::from_secs(30);
/// A lost node is fenced after this time...
pub const HA_FENCE: Duration = Duration::from_secs(67);
/// ...and its services are recovered elsewhere after this,
pub const HA_RECOVER: Duration = Duration::from_secs(127);
/// or after this, when the node came back while it was being fenced.
pub const HA_RECOVER_LATE: Duration = Duration::from_secs(218);
/// A node that returns before fencing waits for its own old lock this long, counted from the loss.
pub const HA_OLD_LOCK: Duration = Duration::from_mins(2);
/// A manager without services gives its lock back after this.
pub const HA_IDLE: Duration = Duration::from_mins(10);
/// A node without quorum whose local resource manager is active resets itself after this.
pub const WATCHDOG: Duration = Duration::from_mins(1);
/// Finished tasks kept per node.
pub const TASKS_KEPT: usize = 1000;
/// Tasks a node shows in `/cluster/tasks`.
pub const TASKS_SHARED: usize = 25;
