#!/usr/bin/env python3
"""Packages of a built tree.

    package.py deb BUILD FOLDER      nnc_VERSION_ARCH.deb for Debian and its kin: needs dpkg-deb and dpkg-shlibdeps
    package.py wheel BUILD FOLDER    nnc-VERSION-...whl, by which pip puts nnc on the path: for a binary that needs nothing but the
                                     C library, from `meson setup BUILD -Dprefer_static=true -Dtests=disabled`

Prints the path of the package. The same tree gives the same bytes.
"""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

DESCRIPTION = "compiler from ONNX models to self-contained C"
OF_THE_C_LIBRARY = {"libc", "libm", "ld-linux-x86-64", "ld-linux-aarch64", "linux-vdso"}


def said(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def facts(build):
    """Version and prefix."""
    info = json.loads(said("meson", "introspect", build, "--projectinfo"))
    options = {o["name"]: o["value"] for o in json.loads(said("meson", "introspect", build, "--buildoptions"))}
    return info["version"], options["prefix"]


def install(build, folder):
    """The tree with the prefix /usr, below folder."""
    _, prefix = facts(build)
    subprocess.run(["ninja", "-C", build, "compiler/nnc", "help-files"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as staged:
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--strip", "--destdir", staged], check=True)
        shutil.copytree(staged + prefix, os.path.join(folder, "usr"))
    for at, _, names in os.walk(folder):
        for name in [n for n in names if n.endswith(".pc")]:
            with open(os.path.join(at, name), encoding="utf-8") as f:
                text = f.read()
            with open(os.path.join(at, name), "w", encoding="utf-8") as f:
                f.write(re.sub(r"^prefix=.*$", "prefix=/usr", text, flags=re.M))


def deb(build, out):
    version, _ = facts(build)
    machine = said("dpkg", "--print-architecture").strip()
    with tempfile.TemporaryDirectory() as root:
        install(build, os.path.join(root, "nnc"))
        tree = os.path.join(root, "nnc")
        os.mkdir(os.path.join(root, "debian"))
        with open(os.path.join(root, "debian", "control"), "w", encoding="utf-8") as f:
            f.write("Source: nnc\n\nPackage: nnc\nArchitecture: any\n")
        needs = said("dpkg-shlibdeps", "-O", os.path.join(tree, "usr", "bin", "nnc"), cwd=root)
        os.mkdir(os.path.join(tree, "DEBIAN"))
        kb = sum(os.path.getsize(os.path.join(at, n)) for at, _, names in os.walk(tree) for n in names) // 1024
        with open(os.path.join(tree, "DEBIAN", "control"), "w", encoding="utf-8") as f:
            f.write(f"Package: nnc\nVersion: {version}\nArchitecture: {machine}\nMaintainer: the nnc project <nnc@example.com>\n"
                    f"Installed-Size: {kb}\nDepends: {needs.split('=', 1)[1].strip()}\nRecommends: gcc, libc6-dev\nSection: devel\n"
                    f"Priority: optional\nDescription: {DESCRIPTION}\n One model becomes one C file with its weights, kernels and arena.\n")
        for at, folders, names in os.walk(tree):
            for name in folders + names:
                path = os.path.join(at, name)
                os.chmod(path, 0o755 if os.path.isdir(path) or at.endswith("/bin") else 0o644)
        path = os.path.join(out, f"nnc_{version}_{machine}.deb")
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, path], check=True, stdout=subprocess.DEVNULL,
                       env={"SOURCE_DATE_EPOCH": "1", **os.environ})
    return path


def platform(binary):
    """The tag of machines that run it: by the newest symbol of the C library that it names (PEP 600)."""
    text = said("objdump", "-p", binary)
    needed = re.findall(r"NEEDED\s+(\S+?)\.so", text)
    foreign = sorted(set(needed) - OF_THE_C_LIBRARY)
    if foreign:
        sys.exit(f"{binary} needs {', '.join(foreign)}: a wheel takes a binary of -Dprefer_static=true")
    newest = max((int(a), int(b)) for a, b in re.findall(r"GLIBC_(\d+)\.(\d+)", text))
    return f"manylinux_{newest[0]}_{newest[1]}_{os.uname().machine}"


def wheel(build, out):
    version, _ = facts(build)
    with tempfile.TemporaryDirectory() as tree:
        install(build, tree)
        binary = os.path.join(tree, "usr", "bin", "nnc")
        tag = f"py3-none-{platform(binary)}"
        about, path = f"nnc-{version}.dist-info", os.path.join(out, f"nnc-{version}-{tag}.whl")
        with open(binary, "rb") as f:
            files = {f"nnc-{version}.data/scripts/nnc": f.read()}
        files[f"{about}/METADATA"] = (f"Metadata-Version: 2.1\nName: nnc\nVersion: {version}\nSummary: {DESCRIPTION}\n"
                                      "License: Apache-2.0\n").encode()
        files[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: package.py\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
        record = "".join(f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
                         for name, data in files.items())
        files[f"{about}/RECORD"] = (record + f"{about}/RECORD,,\n").encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = (0o100755 if name.endswith("/nnc") else 0o100644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                z.writestr(entry, data)
    return path


def main():
    makers = {"deb": deb, "wheel": wheel}
    if len(sys.argv) != 4 or sys.argv[1] not in makers:
        sys.exit(__doc__)
    os.makedirs(sys.argv[3], exist_ok=True)
    print(makers[sys.argv[1]](os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])))


if __name__ == "__main__":
    main()
