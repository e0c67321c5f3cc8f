//! `sensors -j` of lm-sensors: a processor's package and cores, a disk. Guests have no sensors and no such program.

use std::fmt::Write as _;

use super::{Host, Output, Ran};
use crate::world::place::Place;

/// The text is laid out as the original lays it out, which is not how a library would.
pub fn run(host: &Host<'_>, arguments: &[&str]) -> Ran {
    let Place::Node(name) = host.place else {
        return Ran::Missing;
    };
    if arguments != ["-j"] {
        return Ran::Done(Output::failed(1, "sensors: only -j is simulated\n"));
    }
    let celsius = host.world.node_celsius(name, host.world.now());
    let mut text = "{\n   \"coretemp-isa-0000\":{\n      \"Adapter\": \"ISA adapter\",\n".to_owned();
    let mut rows = vec![("Package id 0".to_owned(), 1, celsius)];
    for core in 0..4_u32 {
        let less = f64::from(core % 3) + 1.0;
        rows.push((format!("Core {core}"), core + 2, celsius - less));
    }
    let last = rows.len() - 1;
    for (index, (label, number, degrees)) in rows.into_iter().enumerate() {
        let end = if index == last { "" } else { "," };
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "      \"{label}\":{{\n         \"temp{number}_input\": {degrees:.3},\n         \"temp{number}_max\": 100.000,\n         \
             \"temp{number}_crit\": 105.000,\n         \"temp{number}_crit_alarm\": 0.000\n      }}{end}\n"
        );
    }
    let disk = celsius - 9.0;
    let _ = write!(
        text,
        "   }},\n   \"nvme-pci-0100\":{{\n      \"Adapter\": \"PCI adapter\",\n      \"Composite\":{{\n         \
         \"temp1_input\": {disk:.3},\n         \"temp1_max\": 84.850,\n         \"temp1_min\": -273.150,\n         \
         \"temp1_crit\": 89.850,\n         \"temp1_alarm\": 0.000\n      }}\n   }}\n}}\n"
    );
    Ran::Done(Output::of(text))
}
