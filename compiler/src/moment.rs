//! Points in time as text, to nanoseconds since 1970 and back.
//!
//! Written here because one format in one time zone is all that is needed. Source: RFC 3339, section 5.6;
//! dates are counted in the proleptic Gregorian calendar, without leap seconds, as `clock_time_get` does.

const NANOSECONDS: u64 = 1_000_000_000;
const SECONDS_A_DAY: i64 = 86_400;

/// Reads seconds since 1970, with a fraction if need be, or `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`.
/// `None` when it is neither, or does not fit 64 bits of nanoseconds.
pub(crate) fn parse(text: &str) -> Option<u64> {
    if let Some((date, time)) = text.split_once(['T', 't', ' ']) {
        return parse_rfc3339(date, time);
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds = digits(seconds, 1..=11)?;
    seconds.checked_mul(NANOSECONDS)?.checked_add(parse_fraction(fraction)?)
}

fn parse_rfc3339(date: &str, time: &str) -> Option<u64> {
    let mut parts = date.split('-').zip([4, 2, 2, 0]);
    let mut part = || parts.next().and_then(|(part, width)| digits(part, width..=width));
    let (year, month, day) = (part()?, part()?, part()?);
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut clock = time.split(':').map(|part| digits(part, 2..=2));
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let in_range = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && (hour < 24 && minute < 60 && second < 60)
        && (clock.next().is_none() && date.len() == 10);
    if !in_range {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * SECONDS_A_DAY
        + (hour * 3600 + minute * 60 + second) as i64
        - parse_zone(zone)?;
    let nanoseconds = u64::try_from(seconds).ok()?.checked_mul(NANOSECONDS)?;
    nanoseconds.checked_add(parse_fraction(fraction)?)
}

/// How many seconds the zone is ahead of UTC.
fn parse_zone(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2..=2)?, digits(minutes, 2..=2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i64)
}

fn digits(text: &str, width: std::ops::RangeInclusive<usize>) -> Option<u64> {
    let plain = width.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Digits behind a point, as nanoseconds.
fn parse_fraction(text: &str) -> Option<u64> {
    let value = digits(text, 1..=9)?;
    Some(value * 10_u64.pow(9 - text.len() as u32))
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01; negative before.
fn days_since_1970(year: u64, month: u64, day: u64) -> i64 {
    // Leap days of all years before `year`, from the year 0 on, which is one itself.
    let leap_days = |year: u64| match year.checked_sub(1) {
        None => 0,
        Some(last) => 1 + last / 4 - last / 100 + last / 400,
    };
    let from_year_0 = year * 365
        + leap_days(year)
        + (1..month).map(|month| days_of(year, month)).sum::<u64>()
        + (day - 1);
    from_year_0 as i64 - (1970 * 365 + leap_days(1970)) as i64
}

/// The time as RFC 3339 writes it, in UTC, with as much of a fraction as there is.
pub(crate) fn in_words(nanoseconds: u64) -> String {
    let (seconds, fraction) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS);
    let (mut days, second) = (seconds / SECONDS_A_DAY as u64, seconds % SECONDS_A_DAY as u64);
    // At most 584 years fit the number.
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    while days >= days_of(year, month) {
        days -= days_of(year, month);
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{fraction:09}").trim_end_matches('0').to_owned(),
    };
    let day = days + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::{in_words, parse};

    #[test]
    fn times_are_seconds_or_dates() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("1.5", 1_500_000_000),
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01 01:00:00+01:00", 0),
            ("1970-01-01T00:00:00.000000001Z", 1),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000_000),
            ("2026-01-31T12:00:00-05:30", 1_769_880_600_000_000_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
            ("18446744073.709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Some(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "-1",
            "1e3",
            "1.",
            ".5",
            "0x1",
            "2026-01-31",
            "2026-01-31T12:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "1969-12-31T23:59:59Z",
            "2026-1-1T00:00:00Z",
            "2026-01-01T00:00:00+1",
            "18446744073.709551616",
            "9999-01-01T00:00:00Z",
            "2026-01-01T00:00:00:00Z",
            "2026-01-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_read_back() {
        assert_eq!(in_words(951_868_799_500_000_000), "2000-02-29T23:59:59.5Z");
        for nanoseconds in [0, 1, 951_868_799_000_000_000, 4_107_542_399_999_999_999, u64::MAX] {
            assert_eq!(parse(&in_words(nanoseconds)), Some(nanoseconds));
        }
    }
}
