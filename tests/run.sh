#!/bin/sh
# Everything that must hold, on a fresh Debian 12: installs what is missing, builds, runs all test groups.
#
#   tests/run.sh [--list | --no-install] [GROUP ...]     GROUP: a name of groups.def or the beginning of one
#
# Ends with one line, "N passed, N failed, N skipped"; the exit status is 0 only if nothing failed and something ran.
# The builds are build/ (gcc) and build-asan/ (gcc, address and undefined-behaviour sanitizers).
set -eu
cd "$(dirname "$0")/.."

packages="gcc g++ libc6-dev meson ninja-build pkg-config python3 python3-venv
	libprotobuf-c-dev protobuf-c-compiler libclang-14-dev libcriterion-dev libpng-dev libjpeg62-turbo-dev libsimde-dev
	clang-14 clang-tidy-14 cppcheck
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user
	gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm"

stop()
{
	echo "tests/run.sh: $*" >&2
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

install_missing()
{
	missing=
	for p in $packages; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	root=
	[ "$(id -u)" -eq 0 ] || root=sudo
	$root apt-get update -qq || return 1
	$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

make_environment()
{
	[ -x .venv/bin/python ] || python3 -m venv .venv || return 1
	if ! cmp -s tests/requirements.txt .venv/requirements.txt; then
		echo "installing into .venv: $(grep -v '^#' tests/requirements.txt | tr '\n' ' ')"
		.venv/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt || return 1
		cp tests/requirements.txt .venv/requirements.txt
	fi
}

# build_into FOLDER [meson options]
build_into()
{
	folder=$1
	shift
	if [ ! -f "$folder/build.ninja" ]; then
		meson setup "$folder" "$@" >"$folder.log" 2>&1 || { tail -n 20 "$folder.log" >&2; return 1; }
	fi
	ninja -C "$folder" >"$folder.log" 2>&1 || { tail -n 40 "$folder.log" >&2; return 1; }
}

install=yes
case ${1:-} in
--list) exec python3 tests/python/schedule.py "$@" ;;
--no-install) install=no; shift ;;
esac
if [ $install = yes ]; then
	install_missing || stop "packages were not installed"
fi
make_environment || stop "the virtual environment was not made"
PATH=$PWD/.venv/bin:$PATH
export PATH
echo "building build/"
build_into build || stop "build/ failed"
echo "building build-asan/"
build_into build-asan -Db_sanitize=address,undefined -Db_lundef=false || stop "build-asan/ failed"
exec python tests/python/schedule.py "$@"
