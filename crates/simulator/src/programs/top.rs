//! One picture of `top`, cut to the screen: the figures of the machine, and its guests and services by what they take.

use crate::world::World;
use crate::world::place::Place;
use crate::world::service::State;

/// A process row.
struct Row {
    pid: u32,
    cpu: f64,
    memory_bytes: u64,
    command: String,
}

/// The lines of one picture, at most so many and so wide.
pub fn picture(world: &World, place: &Place, cols: usize, rows: usize) -> Vec<String> {
    let Some(machine) = world.machine(place) else {
        return Vec::new();
    };
    let (cpu, used, total) = figures(world, place);
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let [one, five, fifteen] = [1, 5, 15]
        .map(|minutes| world.load(place, std::time::Duration::from_mins(minutes)) * f64::from(machine.cpus));
    let minutes = crate::world::figures::to_whole(machine.uptime_secs) / 60;
    let mut processes = processes(world, place);
    processes.sort_by(|a, b| b.cpu.total_cmp(&a.cpu).then(a.pid.cmp(&b.pid)));
    let mut lines = vec![
        format!(
            "top - {} up {}:{:02},  1 user,  load average: {one:.2}, {five:.2}, {fifteen:.2}",
            &crate::date::iso_date(world.unix_now())[11..],
            minutes / 60,
            minutes % 60
        ),
        format!(
            "Tasks: {} shown, this machine is simulated; q ends",
            processes.len()
        ),
        format!("%Cpu(s): {:5.1} us, {:5.1} id", cpu * 100.0, (1.0 - cpu) * 100.0),
        format!(
            "MiB Mem : {:10.1} total, {:10.1} used, {:10.1} free",
            mib(total),
            mib(used),
            mib(total.saturating_sub(used))
        ),
        String::new(),
        "    PID USER      %CPU  %MEM COMMAND".to_owned(),
    ];
    lines.extend(processes.iter().map(|row| {
        let share = row.memory_bytes as f64 / total.max(1) as f64;
        format!(
            "{:>7} root     {:>5.1} {:>5.1} {}",
            row.pid,
            row.cpu * 100.0,
            share * 100.0,
            row.command
        )
    }));
    lines.truncate(rows);
    for line in &mut lines {
        *line = line.chars().take(cols).collect();
    }
    lines
}

/// Load, and memory in use and in all.
fn figures(world: &World, place: &Place) -> (f64, u64, u64) {
    match place {
        Place::Node(name) => {
            let sample = world.node_sample(name);
            (sample.cpu, sample.memory_bytes, world.nodes[name].memory_bytes)
        }
        Place::Guest(vmid) => {
            let guest = &world.guests[vmid];
            let sample = world.guest_sample(guest);
            (sample.cpu, sample.memory_bytes, guest.memory_bytes)
        }
    }
}

fn processes(world: &World, place: &Place) -> Vec<Row> {
    let services = world
        .services
        .iter()
        .filter(|(id, service)| id.place == *place && service.state == State::Running);
    let services = services.map(|(id, service)| Row {
        pid: service.pid,
        cpu: 0.0,
        memory_bytes: 24 << 20,
        command: id.name.clone(),
    });
    let guests = world
        .guests
        .values()
        .filter(|guest| matches!(place, Place::Node(name) if *name == guest.node));
    let guests = guests.filter_map(|guest| {
        let process = guest.process.as_ref()?;
        let sample = world.guest_sample(guest);
        Some(Row {
            pid: process.pid,
            cpu: sample.cpu * f64::from(guest.cores),
            memory_bytes: sample.memory_bytes,
            command: format!("{} {} {}", guest.kind.word(), guest.vmid, guest.name),
        })
    });
    guests.chain(services).collect()
}
