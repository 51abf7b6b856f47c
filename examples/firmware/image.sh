# For the scripts of this folder, read with `.` in the repository's root: nnc, and images for the board.

. tests/install.sh

install_missing $build_packages gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm
configure build
build_into build compiler/nnc

here=examples/firmware cc="arm-none-eabi-gcc --specs=picolibc.specs"
cpu="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16" flags="-std=gnu11 -O2 -ffunction-sections -fdata-sections"

# run_image OUT PROGRAM.c [compiler's words]: links the program, the board's start-up code and OUT/model.c, runs the image
# and says what it takes.
run_image()
{
	out=$1 program=$2
	shift 2
	$cc -nostartfiles $cpu $flags -Wall -Wextra -Wl,--gc-sections -I "$out" -I "$here" "$@" -T "$here/board.ld" \
		-o "$out/firmware.elf" "$here/$program" "$here/board.c" "$out/model.c" -lm
	qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 -chardev stdio,id=out \
		-semihosting-config enable=on,target=native,chardev=out -kernel "$out/firmware.elf" </dev/null
	arm-none-eabi-size -A "$out/firmware.elf" | awk '
		$1 == ".text" || $1 == ".ARM.exidx" || $1 == ".data" { flash += $2 }
		$1 == ".data" || $1 == ".bss" || $1 == ".stack" { ram += $2 }
		END { print "flash:   " flash " bytes"; print "RAM:     " ram " bytes, the stack included" }'
	echo "image:   $out/firmware.elf"
}
