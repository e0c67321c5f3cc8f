//! How figures are asked for, of one thing and of all: words, forms, and questions that need no word for the figure.

use super::intent::Aspect;

/// How one thing's figure is asked for: the aspect, its words, what all of them are called.
pub(super) const FIGURES: &[(Aspect, &str)] = &[
    (
        Aspect::Cpu,
        "cpu|processor|cpu load|load|cpu usage|cpu use|utilisation|utilization|processor load",
    ),
    (
        Aspect::Memory,
        "memory|ram|memory usage|memory use|ram usage|free memory",
    ),
    (
        Aspect::Disk,
        "disk|disk space|disc space|storage|disk usage|free space|space|disks|storage space|storage usage",
    ),
    (Aspect::Temperature, "temperature|temperatures|temp|temps|heat"),
    (Aspect::Uptime, "uptime|uptimes"),
    (
        Aspect::Services,
        "services|service|service status|state of the services",
    ),
    (
        Aspect::Backup,
        "backup|backups|last backup|newest backup|backup age|age of the backups|last backups",
    ),
    (
        Aspect::Updates,
        "updates|pending updates|package updates|packages|upgrades|available updates",
    ),
    (Aspect::State, "status|state|health|condition"),
];

/// How the figure of one thing is asked for; `{}` is the figure, `<x>` the thing.
pub(super) const FIGURE_FORMS: &[&str] = &[
    "[what is|how is|show|how are|what are] [the] [current] ({}) (of|on|in|for|at) <x>",
    "[what is|how is|show|how are|what are] <x> 's [current] ({}) [like|doing|now]",
    "how much [free] ({}) (does|has|is) <x> (use|have|take|need|left|using|free|have left|have free)",
    "how much ({}) is (left|free|used|in use) (on|in) <x>",
    "how (busy|full|high|loaded|hot|large|good) is the ({}) (of|on|in) <x>",
    "why is the ({}) (of|on|in) <x> [so|that|very|too] (high|low|full|busy|large|scarce)",
    "is <x> [getting] (short of|low on|short on|running out of) ({})",
    "<x> ({})",
];
/// How the figure of all is asked for.
pub(super) const WHOLE_FORMS: &[&str] = &[
    "[what is|how is|how are|what are|show|list|check] [the|all|all the|our] [current|cluster 's|cluster] ({}) [like|doing|now|today|overall|of the nodes|of all nodes|everywhere]",
    "how much [free] ({}) (is|do we have|have we|is there) [left|free|used|in use]",
    "(is|are) [the|there] [any] ({}) (all right|ok|okay|fine|well|available|pending|running|good|up|running well|full|running out)",
    "do (we|i) have (enough|any|recent) ({}) [left]",
];

/// Questions about one thing that need no word for the figure.
pub(super) const SINGLE: &[(Aspect, &[&str])] = &[
    (
        Aspect::Temperature,
        &["how (hot|warm) is <x>", "is <x> [too|running] (hot|warm)"],
    ),
    (
        Aspect::Uptime,
        &[
            "how long has <x> been (up|running|on|online)",
            "since when (is|has) <x> [been] (up|running|on|online)",
            "when did <x> (start|boot|come up)",
        ],
    ),
    (
        Aspect::Place,
        &[
            "where (is|does|lives) <x> [run|live|running|hosted]",
            "(on which|which|what) node (is|does|runs|hosts|has) <x> [on|run on|live on|running on]",
            "on which node (is|does) <x> [run|live|running]",
        ],
    ),
    (
        Aspect::Backup,
        &[
            "when was <x> [last] backed up",
            "when was the last backup of <x>",
            "how old is the [last|newest] backup of <x>",
            "(is|has) <x> [been] backed up",
            "does <x> have a backup",
        ],
    ),
    (
        Aspect::Protection,
        &[
            "is <x> protected",
            "(may|can) <x> be (stopped|restarted|rebooted)",
        ],
    ),
    (
        Aspect::Cpu,
        &[
            "how (busy|loaded) is the (cpu|processor) (of|on|in) <x>",
            "how (busy|loaded) is <x>",
            "is <x> (busy|loaded|overloaded)",
        ],
    ),
    (
        Aspect::Disk,
        &[
            "how full (is|are) the (disk|disks|storage) (of|on|in) <x>",
            "how full is <x>",
            "is <x> [getting|nearly|almost] full",
        ],
    ),
    (
        Aspect::State,
        &[
            "how (is|are|does) <x> [doing|going|looking|today|now|feeling|do|doing today|doing now]",
            "(is|are) <x> [still|currently] (up|running|down|online|offline|ok|okay|all right|alright|fine|alive|well|stopped|there|reachable|healthy|working|on|off|back|back up)",
            "what is <x> (doing|up to)",
            "what is going on (with|on|at|in) <x>",
            "what does [the] manifest of <x> (want|say|declare|wish)",
            "what does <x> 's manifest (want|say|declare|wish)",
            "(what about|and|how about|check|check on|look at|details of|info on|information on|about) <x>",
            "[what is] [the] (status|state|health) (of|for) <x>",
            "does <x> [still] (run|work|answer|respond)",
        ],
    ),
];
/// Questions about all that need none.
pub(super) const WHOLE: &[(Aspect, &[&str])] = &[
    (
        Aspect::Temperature,
        &[
            "how (hot|warm) (is it|are the nodes|are they|is the rack)",
            "(is|are) (anything|something|any node|it) [too] hot",
        ],
    ),
    (
        Aspect::Backup,
        &[
            "(are|is) (all guests|everything|all vms) backed up",
            "how old are the backups",
            "when (was|were) the last (backup|backups)",
            "which (guests|vms) (have no backup|are not backed up|have old backups)",
            "what is not backed up",
        ],
    ),
    (
        Aspect::Updates,
        &[
            "(are|is) [there] [any] updates",
            "which nodes (need|have) updates",
            "what needs (updating|updates)",
            "are the nodes up to date",
        ],
    ),
    (
        Aspect::Disk,
        &[
            "how full (is|are) (the disks|the storages|the storage|everything|storage)",
            "(is|are) (any|some) (disk|storage|disks|storages) [nearly|almost|getting] full",
            "which (storage|disk) is (fullest|the fullest|full)",
            "are we running out of (space|disk space|storage)",
        ],
    ),
    (
        Aspect::Services,
        &[
            "(are|is) (all|the|all the) services (up|running|ok|fine|all right)",
            "which services are (down|up|running|failed|not running)",
        ],
    ),
];

/// How the figure of one thing over a time is asked for, beside the ways of now; the time stands behind it.
pub(super) const OVER_FORMS: &[&str] = &[
    "[what is|show] [the|a] (peak|highest|maximum|max|largest|average|mean|lowest|minimum|smallest) ({}) (of|on|in|for|at) <x>",
    "how (high|low) (is|does) the ({}) (of|on|in) <x> [get|go]",
    "how does the ({}) (of|on|in) <x> (go|develop|change)",
];
/// How the figure of all over a time is asked for.
pub(super) const OVER_WHOLE_FORMS: &[&str] = &[
    "[what is|show] [the|a] (peak|highest|maximum|max|largest|average|mean|lowest|minimum|smallest) ({}) [of the nodes|of all nodes]",
];
/// Questions of one thing over a time that need no word for the figure.
pub(super) const OVER_SINGLE: &[(Aspect, &[&str])] = &[
    (
        Aspect::Temperature,
        &[
            "how (hot|warm) does <x> (get|become|run)",
            "does <x> (get|run) [too] (hot|warm)",
        ],
    ),
    (
        Aspect::Cpu,
        &["how (busy|loaded) does <x> get", "does <x> get (busy|loaded)"],
    ),
    (Aspect::Disk, &["how full does <x> get"]),
];
/// Questions of all over a time that need none.
pub(super) const OVER_WHOLE: &[(Aspect, &[&str])] = &[
    (
        Aspect::Temperature,
        &[
            "[what|which node|who] (is|are|does|got) [the|too|get|getting] (hot|hottest|warm|warmest)",
            "how (hot|warm) (does it|do the nodes|does the rack) get",
            "does (anything|something|any node|it) (get|run|become) [too] hot",
        ],
    ),
    (
        Aspect::Cpu,
        &[
            "(what|which node) is [the] (busiest|most busy)",
            "how busy (is the cluster|are the nodes|is it)",
        ],
    ),
];
