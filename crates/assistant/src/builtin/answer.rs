//! Who answers what.

use super::{
    Asked, Said, Understood, about, acts, cluster, course, guest,
    intent::{Aspect, Intent},
    lists, node, past, plan,
    saying::Saying,
    storage,
    target::{self, Kind, Target},
    why, wishes,
};

/// The answer to what is meant; none when that cannot be answered without a model.
pub(super) async fn answer(asked: Asked<'_>, meant: Intent) -> Option<Understood> {
    let asked = &asked;
    let said = match meant {
        Intent::Hello => about::hello(asked),
        Intent::Thanks => about::thanks(),
        Intent::Who => about::who(),
        Intent::Help => about::help(asked),
        Intent::Yes => about::yes(asked),
        Intent::Thaw => about::thaw(asked),
        Intent::Caution(why) => about::caution(asked, why),
        Intent::Status => cluster::status(asked),
        Intent::Quorum => cluster::quorum(asked),
        Intent::Frozen => cluster::frozen(asked),
        Intent::Look(aspect, None) => whole(asked, aspect),
        Intent::Look(aspect, Some(what)) => look(asked, aspect, &what)?,
        Intent::Over(aspect, what, span) => course::over(asked, aspect, what.as_deref(), span)?,
        Intent::List(what) => lists::list(asked, &what),
        Intent::Count(what) => lists::count(asked, &what),
        Intent::Why(why, what) => why::why(asked, why, what.as_deref()).await?,
        Intent::Would(command) => acts::would(asked, &command),
        Intent::Past(past) => past::past(asked, &past).await,
        Intent::Plan => plan::plan(asked),
        Intent::Sync => plan::sync(asked),
        Intent::Waiting => plan::waiting(asked),
        Intent::Memory(recall) => {
            return Some(Understood::Recall {
                recall,
                said: Saying::default().done(),
            });
        }
        Intent::Command(command) => return Some(acts::command(asked, &command)),
        Intent::Wishes(all) => return Some(wishes::propose(asked, &all)),
        Intent::Freeze { scope, ttl, reason } => return Some(acts::freeze(asked, scope, ttl, reason)),
    };
    Some(Understood::Said(said))
}

fn whole(asked: &Asked<'_>, aspect: Aspect) -> Said {
    match aspect {
        Aspect::State | Aspect::Place => cluster::status(asked),
        Aspect::Cpu | Aspect::Memory | Aspect::Uptime => node::all(asked, aspect),
        Aspect::Disk => storage::all(asked, None),
        Aspect::Temperature => node::temperatures(asked),
        Aspect::Services => lists::services(asked, None),
        Aspect::Backup => guest::backups(asked),
        Aspect::Updates => node::updates(asked, None),
        Aspect::Protection => lists::list(asked, &super::intent::Listed::Protected),
    }
}

/// One thing. What is neither guest nor node may be a storage or a service.
fn look(asked: &Asked<'_>, aspect: Aspect, what: &str) -> Option<Said> {
    let whole_words = [
        "everything",
        "all",
        "the cluster",
        "cluster",
        "things",
        "all nodes",
        "the nodes",
    ];
    if whole_words.contains(&what) {
        return Some(whole(asked, aspect));
    }
    let kind = match aspect {
        Aspect::Temperature | Aspect::Updates => Some(Kind::Node),
        Aspect::Place | Aspect::Backup => Some(Kind::Guest),
        _ => None,
    };
    if !matches!(target::named(asked, what, kind), target::Named::One(_)) {
        let other = storage::named(asked, what).or_else(|| lists::service_named(asked, what));
        if other.is_some() {
            return other;
        }
        // A long unknown phrase is no name but a question of another kind.
        if what.split(' ').count() > 3 {
            return None;
        }
    }
    let say = format!("{} of {{}}", word(aspect));
    Some(match target::one(asked, what, kind, &say) {
        Ok(Target::Guest(vmid)) => guest::look(asked, aspect, vmid),
        Ok(Target::Node(name)) => node::look(asked, aspect, &name),
        Err(back) => back,
    })
}

fn word(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::State | Aspect::Place | Aspect::Protection => "status",
        Aspect::Cpu => "cpu",
        Aspect::Memory => "memory",
        Aspect::Disk => "disk",
        Aspect::Temperature => "temperature",
        Aspect::Uptime => "uptime",
        Aspect::Services => "services",
        Aspect::Backup => "backup",
        Aspect::Updates => "updates",
    }
}
