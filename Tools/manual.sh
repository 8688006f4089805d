#!/usr/bin/env bash
# Writes the manual page of a program from its --help and that of its commands.
#   Tools/manual.sh PROGRAM VERSION > program.1
set -euo pipefail
program=$1 version=$2
name=$(basename "$program")

# Help text to roff: overviews as text, entries ("  --option <value>   what it does") as tagged paragraphs.
convert() { # .SH for the program's own sections, .P inside a command's
    awk -v heading="$1" '
        function safe(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); sub(/^[.\x27]/, "\\\\\\&&", text); return text }
        function finish() { if (verbatim) print ".EE"; verbatim = 0 }
        /^[A-Z]+:/ {
            finish()
            section = $0; sub(/:.*/, "", section); rest = $0; sub(/^[A-Z]+: */, "", rest)
            if (section == "OVERVIEW") print heading " " (heading == ".SH" ? "DESCRIPTION" : "")
            else if (section == "USAGE") { if (heading != ".SH") { print ".P"; print ".B " safe(rest) } next }
            else print (heading == ".SH" ? ".SH " section : ".P")
            if (rest != "") print safe(rest)
            next
        }
        section == "OVERVIEW" && /^  / { if (!verbatim) { print ".EX"; verbatim = 1 } print safe($0); next }
        /^ *$/ { if (section == "OVERVIEW") { finish(); print ".P" } next }
        section == "OVERVIEW" || section == "USAGE" { finish(); print safe($0); next }
        /^  [^ ]/ {
            entry = substr($0, 3); text = ""
            if (match(entry, /  +/)) { text = substr(entry, RSTART + RLENGTH); entry = substr(entry, 1, RSTART - 1) }
            if (entry ~ /^See /) { print ".P"; print safe(entry); next }
            print ".TP"; print ".B " safe(entry)
            if (text != "") print safe(text)
            next
        }
        { sub(/^ +/, ""); print safe($0) }
        END { finish() }'
}

help=$("$program" --help)
summary=$(awk '/^OVERVIEW: /{ sub(/^OVERVIEW: /, ""); on = 1 } on && /^ *$/ { exit } on { printf "%s%s", (n++ ? " " : ""), $0 }' <<<"$help")
if [ -z "$summary" ]; then
    # A program with a help text of its own shape: the text as it is.
    printf '.TH %s 1 "" "didymos %s" "didymos"\n.SH NAME\n%s \\- part of didymos\n.SH DESCRIPTION\n.EX\n' "${name^^}" "$version" "$name"
    sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/" <<<"$help"
    echo .EE
    exit
fi
printf '.TH %s 1 "" "didymos %s" "didymos"\n.SH NAME\n%s \\- %s\n' "${name^^}" "$version" "$name" "$summary"
printf '.SH SYNOPSIS\n.B %s\n' "$(sed -n 's/^USAGE: *//p' <<<"$help" | sed 's/-/\\-/g')"
convert .SH <<<"$help"
commands=$(awk '/^SUBCOMMANDS:/{ on = 1; next } on && /^  [a-z]/ { print $1 }' <<<"$help")
[ -z "$commands" ] || echo ".SH COMMANDS"
for command in $commands; do
    echo ".SS $name $command"
    "$program" help "$command" | convert .P | sed '1{/^\.P *$/d}'
done
