//! What may be an argument. Refuses; never repairs.

use jarvis_model::{HostVerb, ServiceUnit};

/// Bytes one argument may have.
pub const LONGEST_ARGUMENT: usize = 4096;
/// Arguments a program may be given, itself included.
pub const MOST_ARGUMENTS: usize = 64;

/// Why something is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; nothing was run")]
pub struct Unfit(String);

/// Whether an argument vector may be run at all: a program, and no argument that is too long or holds a control character.
pub fn fit(argv: &[String]) -> Result<(), Unfit> {
    let unfit = |why: &str| Err(Unfit(why.to_owned()));
    match argv.first() {
        None => return unfit("the command is empty"),
        Some(program) if program.is_empty() => return unfit("the command names no program"),
        Some(program) if program.starts_with('-') => return unfit("the program's name begins with '-'"),
        Some(_) => {}
    }
    if argv.len() > MOST_ARGUMENTS {
        return unfit("the command has too many arguments");
    }
    for argument in argv {
        if argument.len() > LONGEST_ARGUMENT {
            return unfit("an argument is too long");
        }
        if argument.chars().any(char::is_control) {
            let shown: String = argument.chars().take(80).collect();
            return Err(Unfit(format!(
                "the argument {shown:?} has a control character in it"
            )));
        }
    }
    Ok(())
}

/// The argument vector of a request. The words of an allow-listed command were judged by the policy; the name of a unit or
/// container comes from a manifest and must not pass for an option.
pub fn request(verb: &HostVerb) -> Result<Vec<String>, Unfit> {
    if let HostVerb::Service { unit, .. } = verb {
        name(unit)?;
    }
    let argv = verb.argv();
    fit(&argv)?;
    Ok(argv)
}

/// The name of a unit or container, as an argument.
pub(super) fn name(unit: &ServiceUnit) -> Result<&str, Unfit> {
    let name = unit.name();
    if name.is_empty() || name.starts_with('-') {
        return Err(Unfit(format!("{name:?} is no name of a unit or container")));
    }
    Ok(name)
}
