//! libFuzzer's side: hands what it makes up to the target that `FUZZ_TARGET` names. `make fuzz` starts it.

#![no_main]
#![expect(clippy::expect_used, reason = "whoever starts it wrongly must see why")]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "libFuzzer owns the command line")]
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names what is fuzzed; see `make fuzz`");
    fuzz::target(&name).expect("FUZZ_TARGET is a folder of tests/fuzz/seeds")
});

fuzz_target!(|bytes: &[u8]| {
    (TARGET.check)(bytes);
});
