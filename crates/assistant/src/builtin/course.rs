//! How a figure went over a time that is past, from what is kept by the hour: `was anything hot this week?`

use super::{
    Asked, Said, Topic,
    intent::{Aspect, Span},
    node::HOT,
    past::{self, Bounds},
    saying::{Saying, fact},
    target::{self, Kind, Target},
};
use jarvis_controller::history::{Course, Hour};
use jarvis_guard::words;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A figure that is kept, and how it is told.
#[derive(Clone, Copy)]
struct Figure {
    name: &'static str,
    word: &'static str,
    /// `was at {}`.
    told: &'static str,
    unit: &'static str,
    scale: f64,
}

/// The figure of an aspect, if it is kept over time.
fn figure(aspect: Aspect) -> Option<Figure> {
    let share = |name, word, told| Figure {
        name,
        word,
        told,
        unit: "%",
        scale: 100.0,
    };
    match aspect {
        Aspect::Cpu => Some(share("cpu", "processor use", "used {} of its processor")),
        Aspect::Memory => Some(share("mem", "memory", "used {} of its memory")),
        Aspect::Disk => Some(share("disk", "disk use", "used {} of its disk")),
        Aspect::Temperature => Some(Figure {
            name: "temperature",
            word: "temperature",
            told: "was at {}",
            unit: "°C",
            scale: 1.0,
        }),
        _ => None,
    }
}

/// Whether figures of an aspect are kept over time.
pub(super) fn is_kept(aspect: Aspect) -> bool {
    figure(aspect).is_some()
}

/// How a figure went: of one thing, or of every node.
pub(super) fn over(asked: &Asked<'_>, aspect: Aspect, what: Option<&str>, span: Span) -> Option<Said> {
    let figure = figure(aspect)?;
    let bounds = past::bounds(asked, span);
    let Some(what) = what else {
        return Some(of_nodes(asked, figure, &bounds));
    };
    let kind = (aspect == Aspect::Temperature).then_some(Kind::Node);
    let say = format!("{} of {{}} {}", figure.word, bounds.words);
    Some(match target::one(asked, what, kind, &say) {
        Ok(target) => of_one(asked, figure, &target, &bounds),
        Err(back) => back,
    })
}

fn of_one(asked: &Asked<'_>, figure: Figure, target: &Target, bounds: &Bounds) -> Said {
    let (name, series, topic) = match target {
        Target::Guest(vmid) => (
            asked.guest(*vmid),
            format!("guest/{vmid}"),
            Topic::Guest { vmid: *vmid },
        ),
        Target::Node(node) => (
            format!("node {node}"),
            format!("node/{node}"),
            Topic::Node { node: node.clone() },
        ),
    };
    let when = words::capitalised(&bounds.words);
    let saying = match course(asked, &series, figure, bounds) {
        Err(why) => Saying::new(why),
        Ok(None) => Saying::new(format!("I kept no {} of {name} {}.", figure.word, bounds.words)),
        Ok(Some(course)) => {
            let claim = between(&course, figure);
            let told = figure.told.replace("{}", &claim);
            let mean = mean(&course, figure);
            Saying::new(format!(
                "{when} {name} {told}, {mean} on average; the peak was {}, to the hour.",
                asked.at(course.peak)
            ))
            .maybe(begins(asked, &course, bounds))
            .fact(claim, source(&series, figure), Some(course.peak))
            .fact(mean, source(&series, figure), Some(course.from))
        }
    };
    saying.about(topic).done()
}

/// Every node, that with the highest figure first.
fn of_nodes(asked: &Asked<'_>, figure: Figure, bounds: &Bounds) -> Said {
    let mut known = Vec::new();
    let mut without = Vec::new();
    for name in asked.moment.view.observed.nodes.keys() {
        let series = format!("node/{name}");
        match course(asked, &series, figure, bounds) {
            Err(why) => return Saying::new(why).done(),
            Ok(None) => without.push((format!("{name}: none kept"), None)),
            Ok(Some(course)) => {
                let claim = between(&course, figure);
                let said = format!(
                    "{name}: {claim}, {} on average, most {}",
                    mean(&course, figure),
                    asked.at(course.peak)
                );
                let rests = fact(claim, source(&series, figure), Some(course.peak));
                known.push((course, (said, Some(rests))));
            }
        }
    }
    if known.is_empty() {
        let none = format!("I kept no {} of any node {}.", figure.word, bounds.words);
        return Saying::new(none).about(Topic::Cluster).done();
    }
    known.sort_by(|(a, _), (b, _)| b.max.total_cmp(&a.max));
    let hot = known
        .iter()
        .any(|(course, _)| figure.unit == "°C" && course.max >= HOT);
    let begin = match (figure.unit, hot) {
        ("°C", true) => format!("It was hot {}:", bounds.words),
        ("°C", false) if without.is_empty() => format!("No node was hot {}:", bounds.words),
        ("°C", false) => format!("Of those I can tell, no node was hot {}:", bounds.words),
        _ => format!(
            "{} of the nodes {}:",
            words::capitalised(figure.word),
            bounds.words
        ),
    };
    let first = known
        .iter()
        .map(|(course, _)| course)
        .min_by_key(|course| course.from);
    let late = first.and_then(|course| begins(asked, course, bounds));
    let mut entries: Vec<_> = known.into_iter().map(|(_, entry)| entry).collect();
    entries.extend(without);
    Saying::new(begin)
        .entries(entries)
        .maybe(late)
        .about(Topic::Cluster)
        .done()
}

/// Says so when figures do not reach back to where the time begins.
fn begins(asked: &Asked<'_>, course: &Course, bounds: &Bounds) -> Option<String> {
    let late = course.from > bounds.from + HOUR;
    late.then(|| format!("My figures begin {}.", asked.at(course.from)))
}

fn source(series: &str, figure: Figure) -> String {
    format!("{series} {} by the hour", figure.name)
}

/// What is kept of a series within a time; none where nothing is.
fn course(
    asked: &Asked<'_>,
    series: &str,
    figure: Figure,
    bounds: &Bounds,
) -> Result<Option<Course>, String> {
    let series = format!("{series}/{}", figure.name);
    // The hour in which the time begins belongs to it.
    let hours = asked.desk.handle.hours(&series, bounds.from - HOUR);
    let hours = hours.map_err(|error| format!("The figures by the hour cannot be read: {error}."))?;
    let within = |hour: &&Hour| hour.began + HOUR > bounds.from && hour.began < bounds.to;
    Ok(Course::of(hours.iter().filter(within)))
}

/// `43 to 73 °C`; one figure where both are the same.
fn between(course: &Course, figure: Figure) -> String {
    let of = |value: f64| format!("{:.0}", value * figure.scale);
    let (min, max) = (of(course.min), of(course.max));
    if min == max {
        format!("{max} {}", figure.unit)
    } else {
        format!("{min} to {max} {}", figure.unit)
    }
}

fn mean(course: &Course, figure: Figure) -> String {
    format!("{:.0} {}", course.mean * figure.scale, figure.unit)
}
