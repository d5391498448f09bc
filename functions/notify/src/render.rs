//! The views as text and as HTML. Words and colours stand in the templates.

use askama::Template;
use domain::assessment::Priority;
use domain::verdict::Judgement;

use crate::view::{AnalysisView, DigestView, Opinion, Origin, PrivateView, Reply, Share, StormView, View};

/// A template with its one view, and a function that fills it.
macro_rules! template {
    ($name:ident, $function:ident, $view:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'view> {
            view: &'view $view,
        }

        pub(crate) fn $function(view: &$view) -> Result<String, askama::Error> {
            $name { view }.render()
        }
    };
}

template!(Html, html, View, "notice.html");
template!(Text, text, View, "notice.txt");
template!(UpdateHtml, update_html, View, "update.html");
template!(UpdateText, update_text, View, "update.txt");
template!(PrivateHtml, private_html, PrivateView, "private.html");
template!(PrivateText, private_text, PrivateView, "private.txt");
template!(DigestHtml, digest_html, DigestView, "digest.html");
template!(DigestText, digest_text, DigestView, "digest.txt");
template!(StormHtml, storm_html, StormView, "storm.html");
template!(StormText, storm_text, StormView, "storm.txt");
