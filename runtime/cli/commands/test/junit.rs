//! The report that build servers read.

use super::show::reasons;
use super::{Job, Suite, Tested};

/// The XML of `JUnit`: a `testsuite` a file, a `testcase` a test.
pub(super) fn report(suites: &[Suite], jobs: &[Job], tested: &[Tested]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (at, suite) in suites.iter().enumerate() {
        let own: Vec<(&Job, &Tested)> = jobs.iter().zip(tested).filter(|(job, _)| job.suite == at).collect();
        let failed = |(job, tested): &&(&Job, &Tested)| {
            suite.tests().get(job.test).is_some_and(|test| !tested.holds(test))
        };
        let failures = own.iter().filter(failed).count();
        let seconds: f64 = own.iter().map(|(_, tested)| tested.took.as_secs_f64()).sum();
        let name = escaped(&suite.file.display().to_string());
        xml.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" time=\"{seconds:.3}\">\n",
            own.len()
        ));
        for (job, tested) in own {
            let Some(test) = suite.tests().get(job.test) else { continue };
            let took = tested.took.as_secs_f64();
            xml.push_str(&format!(
                "    <testcase classname=\"{name}\" name=\"{}\" time=\"{took:.3}\"",
                escaped(&test.name)
            ));
            if tested.holds(test) {
                xml.push_str("/>\n");
                continue;
            }
            let reasons: Vec<String> =
                reasons(suite, test, tested).into_iter().map(|(_, line)| line).collect();
            let first = reasons.first().map(|line| line.trim()).unwrap_or_default();
            xml.push_str(&format!(
                ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                escaped(first),
                escaped(&reasons.join("\n"))
            ));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(sign),
            // XML 1.0 has no way to write these.
            sign if sign.is_control() => out.push('\u{FFFD}'),
            sign => out.push(sign),
        }
    }
    out
}
