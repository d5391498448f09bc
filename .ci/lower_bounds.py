"""Says which lower bounds of Cargo.toml are lower than what is tested: lower_bounds.py FOLDER, where FOLDER holds the
workspace again, resolved to the oldest versions that its own requirements allow."""

import subprocess
import sys
import json


def direct(folder):
    """Versions of what our own crates ask for, by name."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"],
        cwd=folder, check=True, capture_output=True, text=True,
    )
    document = json.loads(metadata.stdout)
    packages = {package["id"]: package for package in document["packages"]}
    ours = set(document["workspace_members"])
    versions = {}
    for node in document["resolve"]["nodes"]:
        if node["id"] in ours:
            for dependency in node["deps"]:
                package = packages[dependency["pkg"]]
                if package["id"] not in ours:
                    versions[package["name"]] = package["version"]
    return versions


tested, oldest = direct("."), direct(sys.argv[1])
low = {name: version for name, version in oldest.items() if tested.get(name) != version}
for name, version in sorted(low.items()):
    print(f"{name}: Cargo.toml allows {version}, and {tested.get(name)} is what is tested; raise it to that", file=sys.stderr)
if low:
    sys.exit(1)
print(f"lower bounds: all {len(oldest)} are the versions in Cargo.lock, which every test runs with")
