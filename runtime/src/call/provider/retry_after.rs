//! When a provider wants to be asked again: the many spellings of one duration. No policy: failover clamps it.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock as _, SystemClock};

/// Longer waits than a day are said to be a day.
const MOST: Duration = Duration::from_hours(24);

/// The limits whose window a 429 may have used up: what is left, and when it is full again.
const LIMITS: &[(&str, &str)] = &[
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
];

/// Reads `retry-after-ms`, `retry-after` (seconds or a date), then the windows that are used up.
pub(super) fn from_headers<'a>(header: &impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    if let Some(millis) = header("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok()) {
        return seconds(millis / 1000.0);
    }
    // The server's own clock, where it tells it: ours may be wrong.
    let now = header("date").and_then(http_date).unwrap_or_else(|| SystemClock::new().now());
    if let Some(text) = header("retry-after") {
        return duration(text).or_else(|| http_date(text).map(|at| until(at, now)));
    }
    let used_up = |left: &str| header(left).and_then(|text| text.trim().parse::<f64>().ok()) == Some(0.0);
    LIMITS.iter().filter(|(left, _)| used_up(left)).filter_map(|(_, reset)| window(header(reset)?, now)).max()
}

/// Reads `try again in 1.2s` out of a sentence.
pub(super) fn from_words(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    let (_, rest) = lower.split_once("try again in ").or_else(|| lower.split_once("retry in "))?;
    let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',', ';']);
    let with_unit = word.ends_with(|last: char| last.is_ascii_alphabetic());
    let next_is_seconds = rest.split_whitespace().nth(1).is_some_and(|unit| unit.starts_with("sec"));
    if with_unit || next_is_seconds { duration(word) } else { None }
}

/// Reads `20`, `1.5`, `34.07s`, `250ms`, `6m0s`, `1h2m3s`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number = rest.get(..digits)?.parse::<f64>().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let scale = match rest.get(..letters)? {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        total += number * scale;
        rest = rest.get(letters..)?;
    }
    seconds(total)
}

/// A window's end: a duration, a moment, or seconds or milliseconds since 1970.
fn window(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(moment) = text.trim().parse::<Timestamp>() {
        return Some(until(moment, now));
    }
    match text.trim().parse::<f64>() {
        Ok(number) if number >= 1e12 => epoch(number / 1000.0, now),
        Ok(number) if number >= 1e9 => epoch(number, now),
        _ => duration(text),
    }
}

fn epoch(at: f64, now: Timestamp) -> Option<Duration> {
    let at = Duration::try_from_secs_f64(at).ok()?;
    let at = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from(at).ok()?).ok()?;
    Some(until(at, now))
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default().min(MOST)
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp())
}

fn seconds(number: f64) -> Option<Duration> {
    (number >= 0.0).then(|| Duration::try_from_secs_f64(number).unwrap_or(MOST).min(MOST))
}
