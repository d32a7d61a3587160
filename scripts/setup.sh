# setup: what scripts/run and scripts/check share: installs what is missing on Debian and Ubuntu, builds. Sourced, POSIX sh.
#
# Looks for the things themselves (a compiler that compiles, a header that is found), not for packages, so that any other system that
# has them needs no apt-get. Does nothing that was done before.
# shellcheck shell=sh

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

has_command() {
    command -v "$1" > /dev/null 2>&1
}

has_header() {
    has_command cc && printf '#include <%s>\n' "$1" | cc -E -x c - > /dev/null 2>&1
}

# need PACKAGE has_command|has_header NAME: PACKAGE is put on the list unless NAME is there.
missing=
need() {
    "$2" "$3" || missing="$missing $1"
}

need_build() {
    need make has_command make
    need gcc has_command cc
    need libc6-dev has_header stdio.h
    need libyaml-dev has_header yaml.h
    need libffi-dev has_header ffi.h
    need libxxhash-dev has_header xxhash.h
}

need_tests() {
    need check has_header check.h
    need pkg-config has_command pkg-config
    need bats has_command bats
    need procps has_command pgrep
    need bc has_command bc
    need strace has_command strace
}

# The backend for several machines: tested where it can be had, MPI=no leaves it out.
need_mpi() {
    [ "${MPI:-yes}" != no ] || return 0
    need libopenmpi-dev has_command mpicc
    need openmpi-bin has_command mpirun
}

install_missing() {
    [ -n "$missing" ] || return 0
    line="apt-get update && apt-get install -y --no-install-recommends$missing"
    has_command apt-get || die "missing:$missing (names as on Debian); install these, then run this again"
    [ "$install" = yes ] || die "missing, and --no-install was given. As root: $line"
    if [ "$(id -u)" -eq 0 ]; then
        sudo=
    elif has_command sudo && sudo -n true 2> /dev/null; then
        sudo="sudo -n"
    else
        die "some packages are missing. As root: $line"
    fi
    say "== installing$missing"
    # shellcheck disable=SC2086 # the lists are meant to be split
    {
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
            $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing > /dev/null
    } || die "could not install. As root: $line"
    missing=
}

build() {
    say "== building"
    make -s -j"$(nproc)" "$@" || die "the build failed"
}

install=yes
for arg; do
    case $arg in
        --no-install) install=no ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done

cd "$(dirname "$0")/.." || exit 1
