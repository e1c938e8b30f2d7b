//! Durations as text: `1h30m`, `250ms`.

/// Units from long to short, in milliseconds.
const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Milliseconds as a person writes them: `1h30m`, `250ms`, `-2d`, `0s`.
pub fn format_duration(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::from(if millis < 0 { "-" } else { "" });
    let mut rest = millis.unsigned_abs();
    for (unit, size) in UNITS {
        let count = rest / size.unsigned_abs();
        rest %= size.unsigned_abs();
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    text
}

/// Reads `1h30m`, `1.5h`, `90 s`, `2 hours 5 minutes`, `PT1H30M` as milliseconds. A number needs its unit; a
/// bare one is `None`, as is what is shorter than a millisecond.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let millis = if text.starts_with(['P', 'p']) { parse_iso(text)? } else { parse_units(text)? };
    Some(if negative { -millis } else { millis })
}

fn parse_units(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')?;
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        total = total.checked_add(amount(&number.replace('_', ""), unit_size(unit)?)?)?;
        rest = tail.trim_start_matches([' ', ',']);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    (!text.is_empty()).then_some(total)
}

fn parse_iso(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let (days, time) = upper.strip_prefix('P').map(|rest| rest.split_once('T').unwrap_or((rest, "")))?;
    let mut total: i64 = 0;
    for (part, units) in [
        (days, [('D', 86_400_000), ('W', 604_800_000)].as_slice()),
        (time, [('H', 3_600_000), ('M', 60_000), ('S', 1_000)].as_slice()),
    ] {
        let mut rest = part;
        while !rest.is_empty() {
            let at = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let letter = rest.get(at..)?.chars().next()?;
            let (_, size) = units.iter().find(|(known, _)| *known == letter)?;
            total = total.checked_add(amount(rest.get(..at)?, *size)?)?;
            rest = rest.get(at + 1..)?;
        }
    }
    (!days.is_empty() || !time.is_empty()).then_some(total)
}

fn unit_size(word: &str) -> Option<i64> {
    Some(match word.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    })
}

/// `number · size`, exact; `None` where it is no number, too large, or not a whole number of milliseconds.
fn amount(number: &str, size: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.len() > 9 {
        return None;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<i64>().unwrap_or(0).checked_mul(size)?;
    if part % scale != 0 {
        return None;
    }
    whole.parse::<i64>().ok()?.checked_mul(size)?.checked_add(part / scale)
}

#[cfg(test)]
mod tests {
    use super::{format_duration, parse_duration};

    #[test]
    fn what_is_written_is_read_again() {
        for millis in [1, 250, 1_000, 5_400_000, 86_400_000, 90_061_001, -60_000, 0, i64::MAX] {
            assert_eq!(parse_duration(&format_duration(millis)), Some(millis), "{}", format_duration(millis));
        }
        assert_eq!(format_duration(5_400_000), "1h30m");
    }

    #[test]
    fn people_and_models_write_them_otherwise() {
        let rows = [
            ("1.5h", Some(5_400_000)),
            ("90 seconds", Some(90_000)),
            ("2 hours and 5 minutes", Some(7_500_000)),
            ("1h, 30m", Some(5_400_000)),
            ("PT1H30M", Some(5_400_000)),
            ("P1DT0.5S", Some(86_400_500)),
            ("P", None),
            ("PT", None),
            ("90", None),
            ("h", None),
            ("", None),
            ("1 fortnight", None),
            ("0.5ms", None),
            ("1.5.5h", None),
            ("99999999999999999999d", None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }
}
