#!/bin/sh
# Everything that must hold, on a fresh Debian 12: installs what is missing, builds, runs all test groups.
#
#   tests/run.sh [--list | --no-install] [GROUP ...]     GROUP: a name of groups.def or the beginning of one
#
# Ends with one line, "N passed, N failed, N skipped"; the exit status is 0 only if nothing failed and something ran.
# The builds are build/ (gcc) and build-asan/ (gcc, address and undefined-behaviour sanitizers).
set -eu
cd "$(dirname "$0")/.."
. tests/install.sh

stop()
{
	echo "tests/run.sh: $*" >&2
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# Optimised little, and with lines alone for a debugger: instrumented code takes gcc three times as long at -O2 -g. What gcc
# warns of there is its own instrumentation; build/ and the group builds hold the line.
build_sanitized()
{
	configure build-asan -Doptimization=1 -Dc_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false &&
		build_into build-asan
}

install=yes
case ${1:-} in
--list) exec python3 tests/python/schedule.py "$@" ;;
--no-install) install=no; shift ;;
esac
if [ $install = yes ]; then
	install_missing $build_packages g++ python3 python3-venv valgrind libcriterion-dev libsimde-dev libmicrohttpd-dev clang clang-14 \
		clang-tidy-14 cppcheck make cmake qemu-user qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
		gcc-arm-linux-gnueabihf libc6-dev-armhf-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross \
		clang-16 clang-19 gcc-riscv64-linux-gnu libc6-dev-riscv64-cross lld-14 libclang-rt-14-dev libclang-rt-14-dev-wasm32 wasi-libc \
		nodejs gcc-arm-none-eabi libnewlib-arm-none-eabi picolibc-arm-none-eabi gcc-riscv64-unknown-elf \
		picolibc-riscv64-unknown-elf qemu-system-misc || stop "packages were not installed"
fi
# All at once, so that no processor waits while one of them compiles its last and largest file.
echo "building build/ and build-asan/"
make_environment &
environment=$!
build_sanitized &
sanitized=$!
configure build -Dwerror=true && build_into build || stop "build/ failed"
wait $environment && make_environment || stop "the virtual environment was not made"
wait $sanitized || echo "build-asan/ failed: its groups fail below"
exec python tests/python/schedule.py "$@"
