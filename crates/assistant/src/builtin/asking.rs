//! The table of questions.

use super::{
    intent::{Aspect, Deeds, Intent, Listed, Whyness},
    pattern::Slots,
    questions::slot,
};

/// What a pattern's names make of a meaning.
pub(super) type Make = fn(&Slots<'_>) -> Option<Intent>;

/// What a question about the past makes of a person's name, when it has one.
pub(super) type MakeDeeds = fn(Option<String>) -> Deeds;

/// Whole sentences and what they mean.
pub(super) const PLAIN: &[(Intent, &[&str])] = &[
    (
        Intent::Hello,
        &[
            "(hello|hi|hey|good day|good morning|good evening|good afternoon|greetings) [jarvis|there|again]",
            "how are you [doing] [today]",
        ],
    ),
    (
        Intent::Thanks,
        &[
            "(thanks|thank you|thx|cheers|ta|much obliged|many thanks) [very much|a lot|jarvis|so much]",
            "(well done|good job|nice work|good work|perfect|splendid|great|excellent) [jarvis]",
        ],
    ),
    (
        Intent::Who,
        &[
            "(who|what) are you",
            "what is (jarvis|your name)",
            "are you (a bot|a person|human|real|an ai|a model|a robot)",
            "which (model|mind) (are you|is this|answers)",
        ],
    ),
    (
        Intent::Help,
        &[
            "help [me]",
            "what can (you|i) (do|say|ask|ask you) [for me]",
            "what do you (know|understand)",
            "how (do i use you|does this work|do you work)",
            "(commands|examples|usage)",
        ],
    ),
    (
        Intent::Yes,
        &[
            "(yes|yes please|yep|ok|okay|confirm|confirmed|do it|go ahead|approve|approved|sure|i confirm|make it so)",
            "(confirm|approve|accept|allow) (everything|all|all of it|all of them|all cards|all requests|them|both) [that waits|that is waiting|waiting]",
        ],
    ),
    (
        Intent::Status,
        &[
            "[cluster|overall|general|system] (status|state|health|overview|summary|report)",
            "[what is|show] [the] (status|state|health|overview) of (the|my|this) (cluster|system|lab|homelab)",
            "[a|an] (overview|summary|report)",
            "(how|whether|if) (the cluster|everything|things|it|all) (is|are) [doing|going|all right|alright|ok|okay|fine|well]",
            "how (is|are) [the|my|our] (cluster|everything|things|it|all|lab|homelab|system|infrastructure|farm|house|servers) [doing|going|looking|today|now|running]",
            "how (is|are) (everything|things|it|all) (going|doing|looking) [today]",
            "how (is|are) we (doing|looking) [today]",
            "how (does|do) (the cluster|everything|things|it) look",
            "(is|are) (everything|all|things|the cluster|the system|it all) (all right|alright|ok|okay|fine|well|good|healthy|in order|running|up|normal|working|running fine|running well|green)",
            "(everything|all) (all right|alright|ok|okay|fine|well|good|in order|green)",
            "(is|are) there (anything|any problems|any problem|any issues|any trouble|some trouble|a problem|any news) [wrong|broken|amiss|to know|i should know|new|that needs attention]",
            "(is|are) (anything|something) (wrong|broken|amiss|down|on fire|red|failing|the matter|up)",
            "(anything|something) (wrong|broken|amiss|down|on fire|new|red|failing|i should know|to report)",
            "any (problems|problem|issues|trouble|troubles|news|alarms)",
            "what is (wrong|broken|up|down|new|the status|the state|going on|happening|the matter|not working|red|the situation|the status of the cluster|the state of the cluster)",
            "what is the (status|state|health) of (the|my) (cluster|system|lab)",
            "how (healthy|well) is (the|my) cluster",
            "(report|sitrep|situation)",
        ],
    ),
    (
        Intent::Quorum,
        &[
            "(quorum|quorate|votes) [status|state]",
            "(is|are) (the cluster|we|it) (quorate|still quorate)",
            "(is there|do we have|does the cluster have|have we) [a] quorum",
            "how is [the|our] quorum",
            "what is [the] (quorum|quorum status|state of the quorum)",
            "how many votes (are there|do we have|are present|does the cluster have)",
            "(can|may) the cluster [still] decide",
        ],
    ),
    (
        Intent::Plan,
        &[
            "[the] plan",
            "what is [the|your] [current|next] plan",
            "what is (next|planned)",
            "what (will|would|are) you (do|going to do|about to do|planning) [next|now]",
            "what (do|are) you (plan|planning|intend|about) [to do] [next|now]",
            "what are you (doing|up to|working on) [now|right now]",
            "what are you going to do next",
            "do you have a plan",
        ],
    ),
    (
        Intent::Sync,
        &[
            "[sync|git|manifest] (sync|drift|revision) [state|status]",
            "(is|are) (everything|we|the cluster|the manifests|all) (in sync|synced|up to date|applied|as declared)",
            "(is|are) there [any] (drift|difference|differences)",
            "(any) (drift|differences)",
            "(is|are) (anything|something) out of sync",
            "what is (out of sync|the sync state|the sync status|not in sync|drifting|different)",
            "(what|which) (revision|commit) (is|are) (in force|applied|deployed|live|active)",
            "what differs from (git|the manifests|the repository)",
        ],
    ),
    (
        Intent::Waiting,
        &[
            "what (waits|is waiting|awaits|needs) [for|on] (me|my word|confirmation|my confirmation|approval|my approval|my attention)",
            "(is|are) (anything|something) waiting [for me|for confirmation|for approval]",
            "(anything|something) (waiting|pending|to confirm|to approve) [for me]",
            "what (must|should|do|can) i (confirm|approve|decide|have to do|need to do|have to confirm|need to confirm|need to approve)",
            "what (is|are) (pending|open|awaiting confirmation|awaiting approval)",
            "(confirmations|approvals|cards)",
            "what do you need (from me|me to do)",
            "do you need (anything|me)",
        ],
    ),
    (
        Intent::Frozen,
        &[
            "what is (frozen|held|on hold|suspended|frozen or held)",
            "(is|are) (anything|something|you|everything|jarvis|it|we) [currently] (frozen|held|on hold|suspended|paused)",
            "(freeze|kill switch|hold) (status|state)",
            "[the|any|list] (holds|kill switch)",
            "is [the|a] (freeze|kill switch) (on|active|set|in force)",
            "are there [any] holds",
            "(which|what) holds (are there|exist|are set|are in force)",
        ],
    ),
    (
        Intent::Thaw,
        &[
            "(thaw|unfreeze|defrost|unpause|resume) [everything|all|yourself|jarvis|autonomy|the cluster|again]",
            "(release|lift|end|remove|undo) the (freeze|kill switch)",
            "how (do|can) i (thaw|unfreeze|release the freeze|lift the freeze) [everything|you|it|jarvis]",
        ],
    ),
];

/// What can be listed, and how it is called.
pub(super) const LISTS: &[(Listed, &str)] = &[
    (Listed::Running, "running (guests|vms|containers|machines)"),
    (
        Listed::Running,
        "(guests|vms|containers|machines|ones) (running|that run|that are running|which run|online|up)",
    ),
    (
        Listed::Stopped,
        "(stopped|halted|offline) (guests|vms|containers|machines)",
    ),
    (
        Listed::Stopped,
        "(guests|vms|containers|machines|ones) (stopped|off|down|not running|that are stopped|that are off|that are down|that are not running|which are stopped)",
    ),
    (
        Listed::Protected,
        "protected (guests|vms|containers|nodes|things|resources|machines)",
    ),
    (
        Listed::Protected,
        "(guests|vms|nodes|things|resources) (protected|that are protected)",
    ),
    (
        Listed::Undeclared,
        "(undeclared|unmanaged) (guests|vms|containers)",
    ),
    (
        Listed::Undeclared,
        "(guests|vms|containers) (without a manifest|without manifests|not managed|not declared|that are not declared|that have no manifest)",
    ),
    (
        Listed::Guests,
        "(guests|vms|containers|virtual machines|machines)",
    ),
    (Listed::Nodes, "(nodes|hosts|hypervisors)"),
    (Listed::Storages, "(storages|storage|pools|datastores)"),
    (Listed::Services, "services"),
    (
        Listed::Issues,
        "[open|current|active] (issues|alerts|problems|alarms|matters|escalations)",
    ),
    (Listed::Proposals, "[open|pending|waiting] proposals"),
    (Listed::Tickets, "[open|pending|waiting] (tickets|requests)"),
    (Listed::Runbooks, "runbooks"),
    (Listed::Thresholds, "thresholds"),
];

/// How a list is asked for; `{}` is what is listed.
pub(super) const LIST_FORMS: &[&str] = &[
    "[list|show|enumerate|display|give me a list of|list of|a list of] [all] [the|my|our|of the] {}",
    "(what|which) {} (are there|do we have|do i have|do you know|do you watch|exist|are open|have we|are waiting)",
    "(is|are) there [any] {}",
    "do (we|i) have [any] {}",
];
/// How many there are.
pub(super) const COUNT_FORMS: &[&str] = &[
    "how many {} [are there|do we have|do i have|do you know|exist|are open|have we]",
    "[the] number of {}",
];
/// Lists whose question splits the words: `which guests are stopped`.
pub(super) const SPLIT_LISTS: &[(Listed, &str)] = &[
    (Listed::Running, "{} are [currently] (running|up|online|on)"),
    (
        Listed::Stopped,
        "{} are [currently] (stopped|off|down|offline|not running|halted)",
    ),
    (Listed::Protected, "{} are protected"),
    (
        Listed::Undeclared,
        "{} are (undeclared|unmanaged|not declared|not managed|without a manifest)",
    ),
    (Listed::Undeclared, "{} have no manifest"),
    (
        Listed::Most(Aspect::Memory),
        "{} (use|uses|take|takes|need|needs|eat|eats|consume|consumes) [the] most (memory|ram)",
    ),
    (
        Listed::Most(Aspect::Cpu),
        "{} (use|uses|take|takes|need|needs|eat|eats|consume|consumes) [the] most (cpu|processor|processor time)",
    ),
    (Listed::Most(Aspect::Cpu), "{} (is|are) [the] busiest"),
];
/// Of what a split list is asked.
pub(super) const SUBJECTS: &str = "[which|what] (guests|vms|containers|guest|vm|machines|nodes|things)";

/// Questions with a name in them.
pub(super) const SLOTTED: &[(Make, &[&str])] = &[
    (
        |_| Some(Intent::List(Listed::Nodes)),
        &[
            "(which|what) (node|host) (has|runs|holds|carries) [the] (most|fewest) (guests|vms|containers|machines) [on it]",
        ],
    ),
    (
        |slots| Some(Intent::List(Listed::On(slot(slots, "node")?))),
        &[
            "(what|which guests|which vms|which containers|which machines|who) (is|are|run|runs|live|lives|sits) (on|running on) <node>",
            "[list|show] [all] [the] (guests|vms|containers|machines) (on|of|running on) <node>",
            "what (runs|is running|lives) on <node>",
        ],
    ),
    (
        |slots| Some(Intent::Count(Listed::On(slot(slots, "node")?))),
        &["how many (guests|vms|containers|machines) (are|run|are running|live) on <node>"],
    ),
    (
        |_| Some(Intent::List(Listed::Most(Aspect::Memory))),
        &[
            "(who|what) (uses|takes|eats|needs|hogs|consumes) [the] (most memory|most ram|all the memory|all the ram|memory|ram)",
            "[the] (biggest|largest|top) memory (users|consumers|hogs)",
        ],
    ),
    (
        |_| Some(Intent::List(Listed::Most(Aspect::Cpu))),
        &[
            "(who|what) (uses|takes|eats|needs|hogs|consumes) [the] (most cpu|all the cpu|cpu|most processor time)",
            "[the] (biggest|largest|top) cpu (users|consumers|hogs)",
            "[what|which guest|which vm] is [the] busiest [guest|vm]",
            "[the] busiest (guests|vms|guest|vm)",
        ],
    ),
    (
        |slots| Some(Intent::Why(Whyness::Slow, slot(slots, "x"))),
        &[
            "why is <x> [so|that|this|very|being] (slow|busy|sluggish|loaded|lagging|hot|overloaded|under load|unresponsive|laggy)",
            "why <x> is [so|very|too] (slow|busy|sluggish|loaded|lagging)",
            "why does <x> (lag|crawl|have such a load|have a high load)",
            "what (slows|is slowing|makes) <x> (down|slow)",
            "what is (wrong with the speed of|slowing down|loading|hogging) <x>",
            "<x> is [so|very|too|rather] (slow|sluggish|lagging|laggy) [why|today|again]",
        ],
    ),
    (
        |slots| Some(Intent::Why(Whyness::Down, slot(slots, "x"))),
        &[
            "why (is|was) <x> (stopped|down|off|offline|not running|not up|not started|halted|dead|not there|away)",
            "why is not <x> (running|up|online|started)",
            "why did <x> (stop|crash|die|go down|shut down|go off|fail|go offline|go away)",
            "why (do|did|will|would) (you|jarvis) not (start|restart|boot|keep|bring up|wake|bring back) <x> [running|up|again|up again]",
            "why (do|did|will|would|can|could) not (you|jarvis) (start|restart|boot|keep|bring up|wake|bring back) <x> [running|up|again|up again]",
            "why has <x> not been (started|restarted)",
            "why does <x> not (run|start|come up)",
            "what (stopped|killed|took down) <x>",
        ],
    ),
    (
        |slots| Some(Intent::Why(Whyness::Acted, slot(slots, "x"))),
        &[
            "why (was|were|has) <x> [been] (restarted|rebooted|started|shut down by you|touched|woken|reset|stopped by you)",
            "why did (you|jarvis) (restart|reboot|start|stop|shut down|touch|wake|reset) <x>",
            "(who|what) (restarted|rebooted|started) <x>",
            "when (was|did you) [last] (restart|restarted|rebooted|reboot|started|start) <x>",
            "when was <x> [last] (restarted|rebooted|started)",
            "did you (restart|reboot|start|stop|touch) <x>",
            "why did <x> (restart|reboot)",
        ],
    ),
    (
        |slots| Some(Intent::Why(Whyness::Unwell, slot(slots, "x"))),
        &[
            "why is <x> (red|yellow|amber|unhealthy|degraded|unwell|unknown|out of sync|blocked|suspended|escalated|sick|stalled|ill|in trouble|broken)",
            "(what is wrong|what is the matter|what is up|what is the problem|what is the trouble|what happens) with <x>",
            "what ails <x>",
        ],
    ),
    (
        |_| Some(Intent::Why(Whyness::Unwell, None)),
        &[
            "why",
            "why so",
            "why is that",
            "how come",
            "but why",
            "and why",
            "why not",
        ],
    ),
];

/// Questions about the past.
pub(super) const DEEDS: &[(MakeDeeds, &[&str])] = &[
    (
        |_| Deeds::Mended,
        &[
            "what (did|have) (you|jarvis) (fix|fixed|mend|mended|repair|repaired|heal|healed|do|done|restart|restarted) [<when>]",
            "(did|have) you (fix|fixed|mend|repair|repaired|restart|restarted|do|done) (anything|something) [<when>]",
            "what (was|has been|got) (fixed|mended|repaired|restarted) [<when>]",
            "(your|the) (fixes|repairs) [<when>]",
            "what have you been (doing|up to) [<when>]",
        ],
    ),
    (
        |_| Deeds::All,
        &[
            "what (happened|has happened|went on|was going on|changed|has changed|occurred|was up|did i miss|have i missed) [<when>]",
            "what (happened|has happened|went on|was going on|changed|has changed|occurred|was up) (to|with|at|on) <x> [<when>]",
            "did (anything|something) (happen|break|fail|change|go wrong|occur) [<when>]",
            "(history|log|timeline|events) (of|for) <x> [<when>]",
            "[the] (history|events|log|feed|journal|activity|news) [<when>]",
            "what is the history of <x>",
            "what went wrong [<when>]",
        ],
    ),
    (
        |who| who.map_or(Deeds::All, Deeds::By),
        &["what (did|has) <who> (do|done|change|changed|ask|asked for|ask for|been doing) [<when>]"],
    ),
];
