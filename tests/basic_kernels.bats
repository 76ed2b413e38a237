#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Other kernels: what needs no emulator. The model as another machine, and how
# make test-kernels takes a wrong word, or an emulator that is not there.
# shellcheck disable=SC2154 # bats sets stderr

load helpers

setup()
{
	LITMUS=$COW_BUILD/cow/tools/litmus
	SCENARIOS=$COW_ROOT/tests/litmus
}

@test "the model is the kernel it is told to be" {
	run "$LITMUS" --machine --kernel-version 6.12.58
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == "Linux 6.12.58, "* ]]
	[[ $output == *"no    6.17          mremap-many: "* ]]
	[[ $output == *"yes   6.10          populate-stops: "* ]]
	[[ $output == *"no    6.18, 6.12.59 last-page: "* ]]
	run "$LITMUS" --machine --kernel-version 6.12.59-cloud --fact no-uncharge
	[[ $output == *"yes   6.18, 6.12.59 last-page: "* ]]
	[[ $output == *"no    6.7           uncharge: "* ]]
}

# Each scenario that needs something is the other half of one that needs the
# opposite, and the model tells them apart.
@test "all scenarios hold on the model of every kernel, and none is idle" {
	local version fact shown=$BATS_TEST_TMPDIR/shown
	for version in 5.10 6.1.192 6.2 6.6 6.9 6.11 6.12.58 6.12.117 6.16 6.18; do
		run --separate-stderr "$LITMUS" --model --json \
			--kernel-version "$version" --fact zeropage --fact no-swap \
			"$SCENARIOS"/*.litmus
		[ "$status" = 0 ]
		jq -r '.scenario // empty' <<<"$output" >>"$shown"
	done
	for fact in access-flag window-16 zeropage huge huge-asked huge-zeropage; do
		run --separate-stderr "$LITMUS" --model --json --fact "no-$fact" \
			"$SCENARIOS"/*.litmus
		[ "$status" = 0 ]
		jq -r '.scenario // empty' <<<"$output" >>"$shown"
	done
	run "$LITMUS" --model --json "$SCENARIOS"/*.litmus
	jq -r '.scenario // empty' <<<"$output" | sort -u | diff - <(sort -u "$shown")
}

@test "a scenario for another kernel is skipped, and says why" {
	run "$LITMUS" --model --kernel-version 6.1 "$SCENARIOS/mremap-many.litmus"
	echo "$output"
	[ "$status" = 4 ]
	[[ $output == *"mremap-many.litmus: skipped: needs mremap-many"* ]]
	run "$LITMUS" --model --kernel-version 6.17 --tap \
		"$SCENARIOS/mremap-many-fails.litmus"
	[ "$status" = 4 ]
	[[ $output == *"# SKIP needs no-mremap-many"* ]]
}

@test "a scenario of one kernel does not hold on the model of another" {
	local file=$BATS_TEST_TMPDIR/wrong.litmus
	grep -v ^needs "$SCENARIOS/mprotect-clean.litmus" >"$file"
	"$LITMUS" --model --kernel-version 6.2 "$file"
	run "$LITMUS" --model --kernel-version 6.1 "$file"
	[ "$status" = 1 ]
	[[ $output == *DIFFERS* ]]
}

@test "litmus names a wrong version, window, fact and need" {
	local way
	while IFS='|' read -r way message; do
		# shellcheck disable=SC2086 # several words
		run "$LITMUS" $way "$SCENARIOS/free.litmus"
		echo "$way: $output"
		[ "$status" = 2 ]
		[[ $output == *"$message"* ]]
	done <<-'EOF'
		--model --kernel-version new|a kernel version is such as 6.1, not 'new'
		--model --kernel-version 6.999|a kernel version is such as 6.1, not '6.999'
		--model --around 0|--around is from 1 to 64, not '0'
		--model --around 4k|--around is from 1 to 64, not '4k'
		--model --fact nothing|no fact 'nothing': see --machine
		--kernel-version 6.1|only the --model can be another machine
	EOF
	printf 'needs luck\nP0 fork P1\n' >"$BATS_TEST_TMPDIR/bad.litmus"
	run "$LITMUS" --model "$BATS_TEST_TMPDIR/bad.litmus"
	[ "$status" = 2 ]
	[[ $output == *"bad.litmus:1:7: expected a fact, such as zeropage, or no-mremap-many, found 'luck'"* ]]
}

@test "test-kernels names a wrong architecture and machine" {
	run env ARCH=vax "$COW_ROOT/scripts/vm/test-kernels"
	[ "$status" = 2 ]
	[ "$output" = "test-kernels: ARCH is amd64 or arm64, not 'vax'" ]
	run env O="$BATS_TEST_TMPDIR" "$COW_ROOT/scripts/vm/test-kernels" 2.4
	[ "$status" = 2 ]
	[ "$output" = "test-kernels: amd64 has no machine '2.4'; there are: 6.1 6.12" ]
	run env ARCH=arm64 O="$BATS_TEST_TMPDIR" "$COW_ROOT/scripts/vm/test-kernels" 2.4
	[ "$output" = "test-kernels: arm64 has no machine '2.4'; there are: 6.1 6.1-noaf 6.12-16k" ]
}

# A path with all that is here but the emulators.
@test "test-kernels without an emulator: skipped, in words, with a count" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s /usr/bin/* "$BATS_TEST_TMPDIR/bin/"
	rm -f "$BATS_TEST_TMPDIR"/bin/qemu-system-*
	run env PATH="$BATS_TEST_TMPDIR/bin" NO_INSTALL=1 O="$BATS_TEST_TMPDIR" \
		"$COW_ROOT/scripts/vm/test-kernels"
	echo "$output"
	[ "$status" = 4 ]
	[[ $output == *"deps: missing: "*qemu-system-x86* ]]
	[[ $output == *"SKIP: qemu or what goes with it is missing"* ]]
	[ "${lines[-1]}" = "0 passed, 0 failed, 1 skipped" ]
}

# The emulator's place is taken by a program that says what a machine would.
@test "boot tells a panic, a hang, no boot, and an early end apart" {
	local bin=$BATS_TEST_TMPDIR/bin said
	mkdir -p "$bin" "$BATS_TEST_TMPDIR/kernel/boot"
	touch "$BATS_TEST_TMPDIR/kernel/boot/vmlinuz-0"
	while IFS='|' read -r said message; do
		printf '#!/bin/sh\n%s\n' "$said" >"$bin/qemu-system-x86_64"
		chmod +x "$bin/qemu-system-x86_64"
		run env PATH="$bin:$PATH" "$COW_ROOT/scripts/vm/boot" amd64 max 1G 2 \
			"$BATS_TEST_TMPDIR/kernel" none "$BATS_TEST_TMPDIR" test
		echo "$output"
		[[ $output == *"$message"* ]]
	done <<-'EOF'
		echo 'cowkit: begin'; echo 'cowkit: run a'; echo 'Kernel panic - not syncing: x'|not ok - Kernel panic - not syncing: x, while it ran 'a'
		echo 'cowkit: begin'; echo 'ok - a'; echo 'cowkit: run b'; exec sleep 9|not ok - not done within 2 s; it ran 'b'
		echo 'cowkit: begin'; echo 'cowkit: run b'|not ok - ended early, while it ran 'b'
		echo no kernel >&2; exit 1|not ok - no boot within 2 s: no kernel
	EOF
	printf '#!/bin/sh\necho "SeaBIOScowkit: begin"; echo "ok - a"; echo "cowkit: end"\n' \
		>"$bin/qemu-system-x86_64"
	run env PATH="$bin:$PATH" "$COW_ROOT/scripts/vm/boot" amd64 max 1G 2 \
		"$BATS_TEST_TMPDIR/kernel" none "$BATS_TEST_TMPDIR" test
	[ "$output" = "ok - a" ]
}
