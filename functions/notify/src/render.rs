//! The view as text and as HTML. Words and colours stand in the templates.

use askama::Template;
use domain::assessment::Priority;
use domain::verdict::Judgement;

use crate::view::{AnalysisView, Origin, Reply, Share, View};

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'view> {
    view: &'view View,
}

#[derive(Template)]
#[template(path = "notice.txt")]
struct Text<'view> {
    view: &'view View,
}

pub(crate) fn html(view: &View) -> Result<String, askama::Error> {
    Html { view }.render()
}

pub(crate) fn text(view: &View) -> Result<String, askama::Error> {
    Text { view }.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;
    use crate::view::view;

    #[test]
    fn text_and_html_of_each_kind_of_notice() {
        for (name, notice) in goldens::all() {
            let view = view(&notice, &goldens::settings());
            insta::assert_snapshot!(format!("{name}.txt"), text(&view).unwrap());
            insta::assert_snapshot!(format!("{name}.html"), html(&view).unwrap());
        }
    }
}
