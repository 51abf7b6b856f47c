# For the scripts of this folder, read with `.` in the repository's root: nnc, and programs for this machine.

. tests/install.sh

install_missing $build_packages binutils
configure build
build_into build compiler/nnc

# compile_program NAME MODEL.onnx PROGRAM.c [nnc's options] makes build/examples/NAME/NAME of the program and the model's C.
compile_program()
{
	out=build/examples/$1 name=$1 model=$2 program=$3
	shift 3
	mkdir -p "$out"
	build/compiler/nnc "$model" -o "$out/model.c" --target=host "$@"
	gcc -O2 -march=native -Wall -Wextra -c -o "$out/model.o" "$out/model.c"
	gcc -O2 -Wall -Wextra -I "$out" -I examples/common -o "$out/$name" "$program" examples/common/*.c "$out/model.o" -lpng -lm
}
