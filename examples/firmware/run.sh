#!/bin/sh
# The int8 digits model as firmware: builds nnc, compiles the model for a Cortex-M4, links it with the start-up code and
# the linker script of this folder, and runs the image under qemu-system-arm.
set -eu
cd "$(dirname "$0")/../.."
. tests/install.sh

install_missing $build_packages gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm
configure build
build_into build compiler/nnc

here=examples/firmware out=build/examples/firmware cc="arm-none-eabi-gcc --specs=picolibc.specs"
cpu="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16" flags="-std=gnu11 -O2 -ffunction-sections -fdata-sections"
mkdir -p "$out"
build/compiler/nnc examples/digits/digits-int8.onnx -o "$out/model.c" --target=cortex-m4 \
	--cc="$cc" --cflags="$flags"
$cc -nostartfiles $cpu $flags -Wall -Wextra -Wl,--gc-sections -I "$out" -I "$here" -T "$here/board.ld" \
	-o "$out/firmware.elf" "$here/main.c" "$here/board.c" "$out/model.c" -lm
qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 -chardev stdio,id=out \
	-semihosting-config enable=on,target=native,chardev=out -kernel "$out/firmware.elf" </dev/null
arm-none-eabi-size -A "$out/firmware.elf" | awk '
	$1 == ".text" || $1 == ".ARM.exidx" || $1 == ".data" { flash += $2 }
	$1 == ".data" || $1 == ".bss" || $1 == ".stack" { ram += $2 }
	END { print "flash:   " flash " bytes"; print "RAM:     " ram " bytes, the stack included" }'
echo "image:   $out/firmware.elf"
