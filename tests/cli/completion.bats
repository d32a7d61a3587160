#!/usr/bin/env bats
# Completions, each loaded by its own shell: what Tab makes of a line. The last word of the line grows into the second text.

SMAP=${SMAP:-$(realpath "$BATS_TEST_DIRNAME/../../smap")}

setup_file() {
    sh "$BATS_TEST_DIRNAME/../../scripts/completions" "$SMAP" "$BATS_FILE_TMPDIR/made"
}

setup() {
    made=$BATS_FILE_TMPDIR/made
    cd "$BATS_TEST_TMPDIR" || return 1
    touch afile
}

# What every shell must know. No last text: smap has nothing to say there.
cases() {
    cat << 'END'
smap --arg-f|--arg-file
smap -k --print-c|--print-commands
smap -P a|auto
smap -j a|auto
smap --procs a|auto
smap --procs=a|auto
smap -0kP a|auto
smap -o afi|afile
smap --output=afi|afile
smap -n 3 cat afi|afile
smap -0kP 3 cat afi|afile
smap -P3 -n3 cat afi|afile
smap --procs=3 cat afi|afile
smap -- cat afi|afile
smap echo ::: afi|afile
smap echo {} :::: afi|afile
smap gzip --arg-f|
smap -P 3 gzip --arg-f|
smap -P 3 gzip -- --arg-f|
END
}

# Runs OFFERED (a function: line in, words out, one a line) on all cases.
all_cases() { # OFFERED
    local line word got wrong=0

    while IFS='|' read -r line word; do
        got=$("$1" "$line")
        if [ "${got#--*=}" != "$word" ]; then
            echo "$1: '$line' gives '$got', not '$word'"
            wrong=1
        fi
    done < <(cases)
    return $wrong
}

# readline hands over the line cut at blanks, with = and : as words of their own.
in_bash() {
    bash --norc -c '
        . "$0/smap.bash"
        read -ra COMP_WORDS <<< "$(sed "s/=/ = /g" <<< "$1")"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _smap
        printf "%s\n" "${COMPREPLY[@]}"' "$made" "$1"
}

in_fish() {
    fish --no-config -c 'source $argv[1]/smap.fish; complete -C $argv[2]' "$made" "$1" | cut -f 1
}

# zsh completes in its line editor only: one is started on a terminal of its own, Tab is pressed, and what became of the line is read.
in_zsh() {
    local line

    timeout 30 zsh -f -c '
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; bindkey \"^I\" complete-word
                   report() { print -r -- \"\$BUFFER\" > line; exit }; zle -N report; bindkey \"^]\" report"
        zpty -n -w z "$2"$'\''\t\x1d'\''
        while zpty -r z text; do :; done' zsh "$made" "$1"
    line=$(cat line)
    rm line
    [ "$line" = "$1" ] && return # nothing was offered
    line=${line% }
    line=${line##* }
    echo "${line%=}"
}

@test "bash" {
    all_cases in_bash
}

@test "fish" {
    command -v fish || skip "no fish here"
    all_cases in_fish
}

@test "zsh" {
    command -v zsh || skip "no zsh here"
    all_cases in_zsh
}
