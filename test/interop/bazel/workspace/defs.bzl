"""A directory as an output, and a file that is computed from one."""

def _tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [tree],
        arguments = [tree.path, str(ctx.attr.files)],
        command = """
set -e
mkdir -p "$1/empty" "$1/deep/er"
for i in $(seq "$2"); do mkdir -p "$1/d$((i % 5))"; echo "file $i" > "$1/d$((i % 5))/f$i"; done
printf '#!/bin/sh\\necho ran\\n' > "$1/deep/er/program"
chmod 755 "$1/deep/er/program"
ln -s d1/f1 "$1/to-file"
ln -s ../../d2 "$1/deep/er/to-directory"
""",
        mnemonic = "Tree",
    )
    return [DefaultInfo(files = depset([tree]))]

tree = rule(implementation = _tree_impl, attrs = {"files": attr.int(default = 100)})

def _listing_impl(ctx):
    listing = ctx.actions.declare_file(ctx.label.name + ".txt")
    directory = ctx.files.tree[0]
    ctx.actions.run_shell(
        inputs = [directory],
        outputs = [listing],
        arguments = [directory.path, listing.path],
        command = """
set -e
(cd "$1" && find -L . -type f | LC_ALL=C sort | while read -r f; do echo "$f $(sha256sum < "$f" | cut -c1-16)"; done) > "$2"
"$1/deep/er/program" >> "$2"
cat "$1/to-file" "$1/deep/er/to-directory/f2" >> "$2"
""",
        mnemonic = "Listing",
    )
    return [DefaultInfo(files = depset([listing]))]

listing = rule(implementation = _listing_impl, attrs = {"tree": attr.label()})
