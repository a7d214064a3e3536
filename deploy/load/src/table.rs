//! A report for people.

use std::fmt::Write;

use crate::{
    latency::Percentiles,
    meter::{ServerUse, Use},
    process::Holdings,
    report::{Connections, Messages, MixMade, Report, RequestsMade},
};

/// The report as lines of a name and a value.
pub fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    report
        .connections
        .iter()
        .for_each(|part| connections(&mut lines, part));
    report.messages.iter().for_each(|part| messages(&mut lines, part));
    report.requests.iter().for_each(|part| requests(&mut lines, part));
    report.mix.iter().for_each(|part| mix(&mut lines, part));
    faults(&mut lines, report);
    usage(&mut lines, &report.usage);
    let mut text = String::new();
    for (name, value) in lines {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name:<18}{value}");
    }
    judgement(&mut text, report);
    text
}

type Lines = Vec<(&'static str, String)>;

fn connections(lines: &mut Lines, part: &Connections) {
    let Connections {
        count,
        rooms,
        smallest_room,
        largest_room,
        opened_in_seconds,
        ..
    } = part;
    lines.push((
        "connections",
        format!("{count}, open after {opened_in_seconds:.2} s"),
    ));
    lines.push(("rooms", format!("{rooms} of {smallest_room} to {largest_room}")));
    lines.push((
        "disconnects",
        format!("{} ({} rooms too far behind)", part.disconnects, part.limited),
    ));
    latency(lines, "hello", part.hello_ms.as_ref());
    latency(lines, "join", part.join_ms.as_ref());
    latency(lines, "resume", part.resume_ms.as_ref());
}

fn messages(lines: &mut Lines, part: &Messages) {
    let counts = &part.counts;
    let (sent, acknowledged, refused) = (counts.sent, counts.acknowledged, counts.refused);
    let answers = format!(
        "{acknowledged} acknowledged, {refused} refused, {} unanswered",
        part.unanswered
    );
    lines.push((
        "messages",
        format!(
            "{sent} sent of {} ({} again), {answers}",
            counts.planned, counts.sent_again
        ),
    ));
    lines.push((
        "deliveries",
        format!("{} received of {} expected", counts.received, counts.expected),
    ));
    let (messages, deliveries) = (part.acknowledged_per_second, part.delivered_per_second);
    lines.push((
        "a second",
        format!("{messages:.0} messages, {deliveries:.0} deliveries"),
    ));
    latency(lines, "delivery", part.delivery_ms.as_ref());
    latency(lines, "acknowledgement", part.acknowledgement_ms.as_ref());
    latency(lines, "sending lag", part.lag_ms.as_ref());
}

fn requests(lines: &mut Lines, part: &RequestsMade) {
    let RequestsMade {
        clients,
        answered,
        refused,
        broken,
        ..
    } = part;
    let made = format!("{answered} answered, {refused} refused, {broken} broken, by {clients} clients");
    lines.push(("requests", made));
    lines.push(("a second", format!("{:.0}", part.per_second)));
    latency(lines, "latency", part.latency_ms.as_ref());
}

fn mix(lines: &mut Lines, part: &MixMade) {
    for (name, made) in &part.actions {
        latency(lines, "", made.latency_ms.as_ref());
        if let Some((_, text)) = lines.last_mut() {
            let count = made.latency_ms.as_ref().map_or(0, |latency| latency.count);
            *text = format!("{name}, {count}: {text}");
        }
    }
    let told = &part.told;
    for (cache, layers) in &told.caches {
        for (layer, found) in layers {
            let (rate, looks) = (found.rate * 100.0, found.hits + found.misses);
            lines.push(("cache", format!("{cache}, {layer}: {rate:.1} % of {looks:.0}")));
        }
    }
    lines.push(("hit rate", format!("{:.1} %", told.hit_rate * 100.0)));
    let unchanged = part.unchanged_share * 100.0;
    lines.push((
        "304",
        format!("{unchanged:.1} % of {} asked again", part.asked_again),
    ));
    let (each, requests) = (told.queries_per_request, told.requests);
    lines.push((
        "store",
        format!("{each:.2} queries for each of {requests:.0} requests"),
    ));
}

fn faults(lines: &mut Lines, report: &Report) {
    let faults = &report.faults;
    let (lost, doubled, out_of_order) = (faults.lost, faults.doubled, faults.out_of_order);
    lines.push((
        "faults",
        format!("{lost} lost, {doubled} doubled, {out_of_order} out of order"),
    ));
    let (gaps, misnumbered, foreign) = (faults.gaps, faults.misnumbered, faults.foreign);
    let (altered, malformed) = (faults.altered, faults.malformed);
    let more = format!("{gaps} gaps, {misnumbered} misnumbered, {foreign} foreign, {altered} altered");
    lines.push(("", format!("{more}, {malformed} malformed")));
}

fn usage(lines: &mut Lines, part: &Use) {
    part.server.iter().for_each(|part| server(lines, part));
    let (seconds, share) = (part.generator.cpu_seconds, part.generator.cpu_share * 100.0);
    let held = holdings(&part.generator.end);
    lines.push((
        "generator",
        format!("{seconds:.2} s, {share:.1} % of a core, {held}"),
    ));
    let others = part
        .others_cpu_share
        .map(|share| format!("{:.1} % of a core", share * 100.0));
    lines.extend(others.map(|others| ("other processes", others)));
}

fn server(lines: &mut Lines, part: &ServerUse) {
    let (seconds, share) = (part.cpu_seconds, part.cpu_share * 100.0);
    let each = part
        .cpu_us_each
        .map_or(String::new(), |each| format!(", {each:.2} µs each"));
    lines.push((
        "server CPU",
        format!("{seconds:.2} s, {share:.1} % of a core{each}"),
    ));
    lines.push(("server before", holdings(&part.before)));
    lines.extend(part.idle.iter().map(|idle| ("server idle", holdings(idle))));
    lines.push(("server end", holdings(&part.end)));
    if let (Some(rss), Some(pss)) = (part.rss_per_connection, part.pss_per_connection) {
        let (rss, pss) = (rss / 1024.0, pss / 1024.0);
        lines.push((
            "each connection",
            format!("{rss:.2} KiB resident, {pss:.2} KiB proportional"),
        ));
    }
}

fn holdings(part: &Holdings) -> String {
    let megabytes = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    let (rss, pss, files) = (megabytes(part.rss), megabytes(part.pss), part.files);
    format!("{rss:.1} MiB resident, {pss:.1} MiB proportional, {files} files")
}

fn latency(lines: &mut Lines, name: &'static str, percentiles: Option<&Percentiles>) {
    let Some(Percentiles {
        p50,
        p90,
        p95,
        p99,
        max,
        ..
    }) = percentiles
    else {
        return;
    };
    let value = format!("p50 {p50:.2}  p90 {p90:.2}  p95 {p95:.2}  p99 {p99:.2}  max {max:.2} ms");
    lines.push((name, value));
}

fn judgement(text: &mut String, report: &Report) {
    let failures = report.failures();
    for warning in report.warnings() {
        let _ = writeln!(text, "WARNING           {warning}");
    }
    if failures.is_empty() {
        text.push_str("PASSED\n");
        return;
    }
    for note in &report.notes {
        let _ = writeln!(text, "note              {note}");
    }
    let _ = writeln!(text, "FAILED            {}", failures.join(", "));
}
