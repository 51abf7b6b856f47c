#!/bin/sh
# A keyword spotter as firmware: builds nnc, compiles the model of examples/keywords as a stream for a Cortex-M4, and runs
# it under qemu-system-arm over a clip, 64 samples at a time. What it hears is printed.
set -eu
cd "$(dirname "$0")/../.."
. tests/install.sh

install_missing $build_packages gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm
configure build
build_into build compiler/nnc

here=examples/firmware words=examples/keywords out=build/examples/keywords cc="arm-none-eabi-gcc --specs=picolibc.specs"
cpu="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16" flags="-std=gnu11 -O2 -ffunction-sections -fdata-sections"
mkdir -p "$out"
build/compiler/nnc $words/keywords.onnx --stream=T -o "$out/model.c" --target=cortex-m4
$cc -nostartfiles $cpu $flags -Wall -Wextra -Wl,--gc-sections -I "$out" -I "$here" -I "$words" -T "$here/board.ld" \
	-o "$out/firmware.elf" "$here/keywords.c" "$here/board.c" "$out/model.c" -lm
qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 -chardev stdio,id=out \
	-semihosting-config enable=on,target=native,chardev=out -kernel "$out/firmware.elf" </dev/null
arm-none-eabi-size -A "$out/firmware.elf" | awk '
	$1 == ".text" || $1 == ".ARM.exidx" || $1 == ".data" { flash += $2 }
	$1 == ".data" || $1 == ".bss" || $1 == ".stack" { ram += $2 }
	END { print "flash:   " flash " bytes, the clip included"; print "RAM:     " ram " bytes, the stack included" }'
echo "image:   $out/firmware.elf"
