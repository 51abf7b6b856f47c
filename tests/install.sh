# For the scripts of tests/, examples/ and bench/, read with `.` in the repository's root: what they install and build.

# What building nnc takes.
build_packages="gcc libc6-dev meson ninja-build pkg-config libprotobuf-c-dev protobuf-c-compiler libclang-14-dev
	libssl-dev libpng-dev libjpeg62-turbo-dev"

missing=

# install_missing PACKAGE...: installs, with apt-get as root or through sudo, those that are not there, and says so.
install_missing()
{
	missing=
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	root=
	[ "$(id -u)" -eq 0 ] || root=sudo
	$root apt-get update -qq || return 1
	$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# The Python packages of tests/requirements.txt in .venv, which comes first in PATH afterwards.
make_environment()
{
	[ -x .venv/bin/python ] || python3 -m venv .venv || return 1
	if ! cmp -s tests/requirements.txt .venv/requirements.txt; then
		echo "installing into .venv: $(grep -v '^#' tests/requirements.txt | tr '\n' ' ')"
		.venv/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt || return 1
		cp tests/requirements.txt .venv/requirements.txt
	fi
	PATH=$PWD/.venv/bin:$PATH
	export PATH
}

# configure FOLDER [meson options]: once, and again when packages came that a build made earlier did not see.
configure()
{
	folder=$1 log=$1.log again=
	shift
	[ ! -f "$folder/build.ninja" ] || [ -n "$missing" ] || return 0
	[ ! -f "$folder/build.ninja" ] || again=--reconfigure
	meson setup $again "$folder" "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
}

# build_into FOLDER [TARGET...]: all of it, or what is asked for; quiet unless it fails.
build_into()
{
	folder=$1 log=$1.log
	shift
	ninja -C "$folder" "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}
