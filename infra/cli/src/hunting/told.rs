//! A finding on a terminal, and as JSON.

use std::io;

use hunt::sign::evidence_line;
use hunt::{Finding, Kind};

use crate::terminal::Page;

pub(super) fn tell(finding: &Finding, page: &mut Page, as_json: bool) -> io::Result<()> {
    if as_json {
        return page.print_json(&finding.document().to_string());
    }
    let mut lines = vec![format!(
        "{:>3}  {}  {}  [{}]",
        finding.score(),
        finding.at().strftime("%Y-%m-%d %H:%M:%SZ"),
        finding.title(),
        finding.technique_ids().join(", "),
    )];
    lines.extend(finding.signs.iter().map(|sign| format!("     {}", sign.sentence)));
    lines.extend(finding.evidence().iter().map(|sighting| format!("       {}", evidence_line(sighting))));
    lines.extend(finding.kinds().into_iter().map(Kind::check_next).map(|next| format!("     > {next}")));
    lines.push(String::new());
    page.print(&lines)
}
