//! A small exhaustive checker: breadth first over all states, shortest traces, and liveness as "every bottom component of
//! the fault-free part holds only goal states". Knows nothing of what it checks.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

/// Whether a step may be part of "faults have stopped".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work, and the passing of time.
    Fair,
    /// A fault, or somebody's doing.
    Fault,
}

/// A step out of a state.
#[derive(Debug, Clone)]
pub struct Step<S> {
    /// What happens.
    pub label: String,
    /// Fair or fault.
    pub kind: Kind,
    /// Where it leads.
    pub next: S,
    /// A broken promise, if this step breaks one.
    pub broken: Option<String>,
}

/// What can be checked.
pub trait Model {
    /// A state; equal states must hash alike.
    type State: Clone + Eq + Hash + Debug;

    /// The first states.
    fn begin(&self) -> Vec<Self::State>;
    /// All steps out of a state.
    fn steps(&self, state: &Self::State) -> Vec<Step<Self::State>>;
    /// Why a state must not be rested in, once faults have stopped; None when it may.
    fn unrest(&self, state: &Self::State) -> Option<String>;
}

/// A broken promise and the shortest way to it.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which promise.
    pub promise: String,
    /// Labels of the steps from the beginning.
    pub trace: Vec<String>,
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Depth of the deepest state.
    pub depth: u32,
    /// Bottom components of the fault-free part.
    pub resting_places: usize,
    /// Whether all reachable states were seen.
    pub complete: bool,
    /// The first broken promise.
    pub violation: Option<Violation>,
    /// How long it took.
    pub took: Duration,
}

struct Seen {
    parent: u32,
    label: u32,
    depth: u32,
}

struct Search<'m, M: Model> {
    model: &'m M,
    index: BTreeMap<u64, u32>,
    seen: Vec<Seen>,
    labels: BTreeMap<String, u32>,
    fair: Vec<Vec<u32>>,
    steps: usize,
}

fn fingerprint<S: Hash>(state: &S) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// Checks all states, at most `most`.
pub fn check<M: Model>(model: &M, most: usize) -> Report {
    let began = Instant::now();
    let mut search = Search {
        model,
        index: BTreeMap::new(),
        seen: Vec::new(),
        labels: BTreeMap::new(),
        fair: Vec::new(),
        steps: 0,
    };
    let (complete, mut violation) = search.explore(most);
    let mut resting_places = 0;
    if violation.is_none() && complete {
        (resting_places, violation) = search.rest();
    }
    Report {
        states: search.seen.len(),
        steps: search.steps,
        depth: search.seen.iter().map(|seen| seen.depth).max().unwrap_or(0),
        resting_places,
        complete,
        violation,
        took: began.elapsed(),
    }
}

impl<M: Model> Search<'_, M> {
    fn label(&mut self, text: &str) -> u32 {
        if let Some(number) = self.labels.get(text) {
            return *number;
        }
        let number = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.insert(text.to_owned(), number);
        number
    }

    /// The state's number, and whether it is new.
    fn add(&mut self, state: &M::State, parent: u32, label: u32, depth: u32) -> (u32, bool) {
        let next = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        let number = *self.index.entry(fingerprint(state)).or_insert(next);
        if number != next {
            return (number, false);
        }
        self.seen.push(Seen { parent, label, depth });
        self.fair.push(Vec::new());
        (number, true)
    }

    fn explore(&mut self, most: usize) -> (bool, Option<Violation>) {
        let mut layer = Vec::new();
        let start = self.label("begin");
        for state in self.model.begin() {
            let (number, fresh) = self.add(&state, u32::MAX, start, 0);
            if fresh {
                layer.push((number, state));
            }
        }
        while !layer.is_empty() {
            let mut next = Vec::new();
            for (number, state) in layer {
                if self.seen.len() >= most {
                    return (false, None);
                }
                let depth = self.seen[number as usize].depth + 1;
                for step in self.model.steps(&state) {
                    self.steps += 1;
                    let label = self.label(&step.label);
                    if let Some(promise) = step.broken {
                        let mut trace = self.trace(number);
                        trace.push(step.label);
                        return (true, Some(Violation { promise, trace }));
                    }
                    let (reached, fresh) = self.add(&step.next, number, label, depth);
                    if fresh {
                        next.push((reached, step.next));
                    }
                    if step.kind == Kind::Fair && reached != number {
                        self.fair[number as usize].push(reached);
                    }
                }
            }
            layer = next;
        }
        (true, None)
    }

    fn trace(&self, mut number: u32) -> Vec<String> {
        let names: BTreeMap<u32, &String> =
            self.labels.iter().map(|(text, number)| (*number, text)).collect();
        let mut trace = Vec::new();
        while number != u32::MAX {
            let seen = &self.seen[number as usize];
            trace.push(names[&seen.label].clone());
            number = seen.parent;
        }
        trace.reverse();
        trace
    }

    /// Bottom components of the fair part, and the nearest state in one that must not be rested in. Such states are few,
    /// so they are not kept but found again by walking the trace.
    fn rest(&self) -> (usize, Option<Violation>) {
        let component = components(&self.fair);
        let count = component.iter().max().map_or(0, |most| *most as usize + 1);
        let mut leaves = vec![false; count];
        for (from, targets) in self.fair.iter().enumerate() {
            if targets
                .iter()
                .any(|to| component[*to as usize] != component[from])
            {
                leaves[component[from] as usize] = true;
            }
        }
        let bottoms = leaves.iter().filter(|leaves| !**leaves).count();
        let mut resting: Vec<usize> = (0..self.seen.len())
            .filter(|state| !leaves[component[*state] as usize])
            .collect();
        resting.sort_by_key(|state| self.seen[*state].depth);
        let violation = resting.into_iter().find_map(|number| {
            let trace = self.trace(u32::try_from(number).unwrap_or(u32::MAX));
            let state = self.walk(&trace)?;
            let text = self.model.unrest(&state)?;
            Some(Violation {
                promise: format!("L1: rests in: {text}"),
                trace,
            })
        });
        (bottoms, violation)
    }

    /// The state at the end of a trace.
    fn walk(&self, trace: &[String]) -> Option<M::State> {
        let mut state = self.model.begin().into_iter().next()?;
        for label in trace.iter().skip(1) {
            state = self
                .model
                .steps(&state)
                .into_iter()
                .find(|step| step.label == *label)?
                .next;
        }
        Some(state)
    }
}

/// Strongly connected components (Tarjan, without recursion): the component of each node.
fn components(edges: &[Vec<u32>]) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let count = edges.len();
    let mut component = vec![NONE; count];
    let (mut low, mut number) = (vec![0_u32; count], vec![NONE; count]);
    let (mut stack, mut on_stack) = (Vec::new(), vec![false; count]);
    let (mut clock, mut components) = (0_u32, 0_u32);
    for root in 0..count {
        if number[root] != NONE {
            continue;
        }
        let mut work = vec![(root, 0_usize)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                number[node] = clock;
                low[node] = clock;
                clock += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(next) = edges[node].get(edge).map(|next| *next as usize) {
                work.push((node, edge + 1));
                if number[next] == NONE {
                    work.push((next, 0));
                } else if on_stack[next] {
                    low[node] = low[node].min(number[next]);
                }
                continue;
            }
            if low[node] == number[node] {
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component[member] = components;
                    if member == node {
                        break;
                    }
                }
                components += 1;
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A counter that may be reset by a fault and should come to rest at three.
    struct Counter {
        stuck_at: Option<u8>,
    }

    impl Model for Counter {
        type State = u8;

        fn begin(&self) -> Vec<u8> {
            vec![0]
        }

        fn steps(&self, state: &u8) -> Vec<Step<u8>> {
            let step = |label: &str, kind, next| Step {
                label: label.into(),
                kind,
                next,
                broken: None,
            };
            let mut steps = Vec::new();
            if *state < 3 && self.stuck_at != Some(*state) {
                steps.push(step("count", Kind::Fair, state + 1));
            }
            if *state > 0 {
                steps.push(step("reset", Kind::Fault, 0));
            }
            if *state == 3 {
                steps.push(Step {
                    broken: (self.stuck_at == Some(9)).then(|| "S".into()),
                    ..step("look", Kind::Fair, 3)
                });
            }
            steps
        }

        fn unrest(&self, state: &u8) -> Option<String> {
            (*state != 3).then(|| format!("counts {state}"))
        }
    }

    #[test]
    fn a_sound_model_passes_and_rests_in_one_place() {
        let report = check(&Counter { stuck_at: None }, 1_000);
        assert!(report.violation.is_none() && report.complete);
        assert_eq!((report.states, report.resting_places), (4, 1));
    }

    #[test]
    fn a_place_where_it_gets_stuck_is_found_with_the_shortest_way() {
        let violation = check(&Counter { stuck_at: Some(2) }, 1_000).violation.unwrap();
        assert_eq!(violation.promise, "L1: rests in: counts 2");
        assert_eq!(violation.trace, ["begin", "count", "count"]);
    }

    #[test]
    fn a_broken_promise_on_a_step_is_found() {
        let violation = check(&Counter { stuck_at: Some(9) }, 1_000).violation.unwrap();
        assert_eq!((violation.promise.as_str(), violation.trace.len()), ("S", 5));
    }
}
