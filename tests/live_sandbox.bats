# SPDX-License-Identifier: MIT
#
# The sandbox: is each way out refused, with a line that names it, and is the
# machine afterwards as it was?

load helpers

setup() {
	[ -z "${SAN-}" ] || skip "a sanitizer needs what the sandbox refuses"
	build=$(realpath "${COW_BUILD:-build}")
	limits=(--cpu 1 --wall 20 --memory 300M)
	tmp=$(mktemp -d)
	mkdir "$tmp/in" "$tmp/out"
	mkdir "$tmp/bin"
	# Where anyone may run it: the build may lie in a closed home.
	install "$build/cow/tools/sandbox" "$tmp/bin"
	sandbox=$tmp/bin/sandbox
	echo secret > "$tmp/out/secret"
	cp "$build/tests/fixtures/escape" "$build/tests/fixtures/bomb" \
		"$build/tests/fixtures/breakout" "$tmp/in"
	chmod -R a+rwX "$tmp"
	users=("env")
	[ "$(id -u)" -ne 0 ] ||
		users+=("setpriv --reuid=65534 --regid=65534 --clear-groups")
	own_everything "$tmp"
	cd "$tmp/in" || return
}

teardown() {
	cd /
	[ -z "${tmp-}" ] || rm -rf "$tmp"
}

# start FOLDER PROGRAM WAY : in the sandbox, as each user in a folder of its own
start() {
	local n

	for n in "${!users[@]}"; do
		mkdir "$1.$n"
		cp "$2" "$1.$n"
		chmod 777 "$1.$n"
		# shellcheck disable=SC2086 # a command in one word
		(
			cd "$1.$n" || exit
			status=0
			${users[n]} "$sandbox" "${limits[@]}" -- "./$2" "$3" \
				"$tmp/out" < /dev/null > "$1.$n.said" 2>&1 ||
				status=$?
			echo "$status" > "$1.$n.status"
		) 3>&- &
	done
}

# refused { WAY PATTERN }... : side by side, for each user: refused, named, and
# afterwards nothing has changed outside
refused() {
	local ways=("$@") program way i n

	for ((i = 0; i < $#; i += 2)); do
		for program in bomb breakout escape; do
			! ./$program | grep -qx "${ways[i]}" || break
		done
		start "$tmp/${ways[i]}" $program "${ways[i]}"
	done
	wait
	for ((i = 0; i < $#; i += 2)); do
		for n in "${!users[@]}"; do
			way=$tmp/${ways[i]}.$n
			output=$(< "$way.said")
			echo "${ways[i]}, ${users[n]}: $(< "$way.status"): $output"
			[ "$(< "$way.status")" -ne 0 ]
			[[ $output != *escaped* ]]
			# shellcheck disable=SC2053 # a pattern
			[[ $output == *"sandbox: "${ways[i + 1]}* ]]
			rm -r "$way"
		done
	done
	[ "$(ls "$tmp/out")" = secret ]
	[ "$(< "$tmp/out/secret")" = secret ]
	nothing_left
}

@test "network" {
	refused network "refused socket(AF_INET, " \
		network6 "refused socket(AF_INET6, " \
		unix-socket "refused socket(AF_UNIX, " \
		unix-datagram "refused socketpair(AF_UNIX, 2, "
}

@test "ptrace, and other processes' memory, processors and signals" {
	refused ptrace "refused ptrace(16, " \
		poke "refused process_vm_writev(" \
		kill-parent "refused kill(" \
		kill-group "refused kill(0, " \
		kill-all "refused kill(-1, " \
		by-pidfd "refused pidfd_send_signal(" \
		own-signals "refused fcntl(" \
		terminal-signals "refused fcntl(" \
		look-at-parent 'refused openat(AT_FDCWD, "/proc/' \
		pin-parent "refused sched_setaffinity("
}

@test "files outside" {
	refused write-outside "refused openat(AT_FDCWD, \"$tmp/out/new\", O_WRONLY|O_CREAT, 0600)" \
		read-outside "refused openat(AT_FDCWD, \"$tmp/out/secret\", O_RDONLY" \
		by-symlink 'refused openat(AT_FDCWD, "way-out/new"' \
		by-dots 'refused openat(AT_FDCWD, "../../' \
		by-rename 'refused rename("mine", ' \
		link-outside 'refused link(' \
		times-outside 'refused utimensat(' \
		remove-outside 'refused unlink(' \
		truncate-outside 'refused truncate(' \
		chmod-outside 'refused chmod('
}

@test "a path that changes between the look and the leap" {
	# Whether the look sees it is a race; that the leap fails is not.
	refused by-race ""
}

@test "without landlock nothing is written" {
	command -v strace > /dev/null || skip "strace is missing"
	run strace -f -qq -o /dev/null \
		-e inject=landlock_create_ruleset:error=ENOSYS \
		"$sandbox" -- ./escape by-race "$tmp/out" 3>&-
	[ "$status" -ne 0 ]
	[[ $output != *escaped* ]]
	[[ $output == *"no file may be written"* ]]
	[[ $output == *"refused openat("*"can't confine it"* ]]
	[ ! -e inside ]
}

@test "other programs" {
	refused exec 'refused execve("/bin/sh")' \
		exec-memory 'refused execveat(' \
		exec-loader 'refused execve("/lib64/ld-linux-x86-64.so.2")'
	# The first thread would end unseen, and with it what it has used.
	run "$sandbox" --exec -- ./breakout exec-in-thread "$tmp/out" 3>&-
	[ "$status" -ne 0 ]
	[[ $output == *"refused execve(\"/bin/sh\"): no other program in place"* ]]
}

@test "bombs of processes, threads and memory" {
	limits=(--cpu 20 --wall 30 --memory 300M)
	refused fork-bomb "refused clone(*too many processes"
	refused thread-bomb "refused clone(*too many processes"
	refused memory-bomb "refused *over the memory limit"
	refused map-bomb "refused mmap(*over the memory limit"
	refused family-bomb "killed: *bytes of memory in use"
}

# Into a pipe that is read; what is written there is dropped.
floods() {
	"$sandbox" --cpu 20 --wall 30 --output 4M -- ./bomb "$1" "$tmp/out" 2> "$tmp/e" 3>&- |
		wc -c > "$tmp/n"
	grep "sandbox: .*: .* bytes written, 4194304 allowed" "$tmp/e"
}

@test "filling the disk" {
	refused fill-file "killed: a file would be larger than" \
		fill-folder "refused openat(*too many files made" \
		fill-unnamed "refused openat(*too many files made" \
		fill-memory "refused memfd_create(*over the memory limit" \
		fill-deep "refused mkdir(*too many files made"
	floods flood
	floods flood-unseen
	nothing_left
}

@test "never ending" {
	limits=(--cpu 1 --wall 50)
	refused loop "killed: 1 s of CPU time are used" \
		loop-in-child "killed: 1 s of CPU time are used" \
		headless "killed: 1 s of CPU time are used" \
		burn-unseen "killed: 1 s of CPU time are used" \
		outlive "killed: 1 process it left behind"
	limits=(--wall 1)
	refused wait "killed: 1 s are over" \
		ignore "killed: 1 s are over"
}

@test "namespaces, rings, mounts, limits, listeners, terminals" {
	refused clone3 "refused clone3({flags=0x10000000}" \
		clone "refused clone(0x10000011)" \
		unshare "refused unshare(0x10000000)" \
		io-uring "refused io_uring_setup(1, " \
		stall-kernel "refused userfaultfd(0x80000)" \
		mount 'refused mount("none", ' \
		limits "refused prlimit64(" \
		listener "refused seccomp(" \
		type "refused ioctl(0, 0x100005412"
}

@test "other entries to the kernel" {
	[ "$(uname -m)" = x86_64 ] || skip "they are of x86-64"
	refused x32 "refused x32 getpid("
	# Where the kernel has no such entry, the processor itself refuses it.
	run ./escape int80 "$tmp/out"
	if [ "$status" -eq 139 ]; then
		refused int80 "./escape ended by SIGSEGV"
	else
		refused int80 "refused 32-bit getpid("
	fi
}

@test "tasks that lead out" {
	refused untraced "refused clone(0x800011): no say in who traces it" \
		exec-by-number 'refused execve("/proc/self/fd/' \
		trace-me "refused ptrace(0, " \
		stop-keeper "refused kill(" \
		stop-thread "refused tkill(" \
		queue-signal "refused rt_sigqueueinfo(" \
		take-descriptor "refused pidfd_getfd(" \
		wish-away "refused process_mrelease(" \
		move-pages "refused move_pages(" \
		nice "refused setpriority(" \
		limit-parent "refused prlimit64(" \
		compare "refused kcmp(" \
		parent-memory 'refused openat(AT_FDCWD, "/proc/' \
		parent-file 'refused openat(AT_FDCWD, "/proc/' \
		parent-root 'refused openat(AT_FDCWD, "/proc/'
}

@test "files by other ways than a path, and what others could find" {
	refused own-memory 'refused openat(AT_FDCWD, "/proc/self/mem"' \
		own-badness 'refused openat(AT_FDCWD, "/proc/self/oom_score_adj"' \
		setting 'refused openat(AT_FDCWD, "/proc/sys/vm/drop_caches"' \
		segment "refused shmget(" \
		named-queue "refused mq_open(" \
		named-memory 'refused openat(AT_FDCWD, "/dev/shm/cow-breakout"' \
		key "refused add_key(" \
		secret-memory "refused memfd_secret(" \
		by-handle "refused open_by_handle_at(" \
		by-how "refused openat2(" \
		by-new-link "refused linkat(" \
		by-exchange "refused renameat2(" \
		unnamed-outside "refused openat(AT_FDCWD, \"$tmp/out\", " \
		folder-outside "refused mkdir(" \
		link-into "refused symlink(" \
		reopen "refused openat(AT_FDCWD, \"$tmp/out/secret\", " \
		device "refused mknod" \
		give-away "refused chown(" \
		attribute "refused setxattr(" \
		watch-files "refused inotify_init1(" \
		watch-all-files "refused fanotify_init(" \
		lease "refused fcntl("
}

@test "the machine itself" {
	refused chroot "refused chroot(" \
		be-another "refused setuid(" \
		bpf "refused bpf(" \
		perf "refused perf_event_open(" \
		host-name "refused sethostname(" \
		no-such-call "refused call 1023("
}

@test "no way is forgotten" {
	for way in $(./escape; ./bomb; ./breakout); do
		grep -qE "(refused|floods|breakout|	) *$way( |$)" "$BATS_TEST_FILENAME" || {
			echo "no test of $way"
			return 1
		}
	done
}

@test "a signal goes to the program, and ends one that ignores it" {
	"$sandbox" --wall 100 -- ./bomb ignore "$tmp/out" 2> "$tmp/e" 3>&- &
	await "./bomb ignore"
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 1 ]
	grep "killed: SIGTERM did not end it" "$tmp/e"
	nothing_left
}

@test "descriptors of the caller stay with the caller" {
	exec 7> "$tmp/out/open"
	run "$sandbox" --exec -- sh -c 'echo escaped >&7'
	exec 7>&-
	[ "$status" -ne 0 ]
	[ ! -s "$tmp/out/open" ]
}

@test "what is reported goes where the program can't write" {
	local lie='sandbox: refused a lie' status=0 fd

	"$sandbox" --report 9 -- sh -c "echo '$lie' >&2; echo '$lie' >&9
		: > ../out/secret" 9> "$tmp/report" 2> "$tmp/err" || status=$?
	[ "$status" -ne 0 ]
	grep -qx "$lie" "$tmp/err"
	grep -q '^sandbox: refused openat(.*secret' "$tmp/report"
	[ "$(grep -c 'a lie' "$tmp/report")" -eq 0 ]
	[ "$(grep -c openat "$tmp/err")" -eq 0 ]
	for fd in 2 8 x; do
		run "$sandbox" --report "$fd" -- true 8>&-
		[ "$status" -eq 2 ]
	done
}

@test "harmless programs run, and nothing is said" {
	run "$sandbox" -- ls /usr
	[ "$status" -eq 0 ]
	[[ $output != *sandbox:* ]]
	run "$sandbox" --exec -- sh -c 'echo a > f; cat f; rm f; ls | wc -l'
	[ "$status" -eq 0 ]
	[[ $output != *sandbox:* ]]
	run "$sandbox" -- sh -c 'exit 5'
	[ "$status" -eq 5 ]
	run "$sandbox" --profile nonsense -- true
	[ "$status" -eq 2 ]
	nothing_left
}

# A demo reads tracefs, which it may have to mount for itself.
@test "in the demo profile a mount of one's own is for reading" {
	[ "$(id -u)" = 0 ] || skip "who is not root mounts nothing"
	cp "$build/tests/fixtures/unseen" .
	./unseen tracefs tracing_on || skip "no tracefs here"
	local file
	for file in "tracefs tracing_on" "tracefs instances" "tmpfs new"; do
		# shellcheck disable=SC2086 # words
		run "$sandbox" --profile demo -- ./unseen $file
		echo "$output"
		[ "$status" = 3 ]
	done
	# shellcheck disable=SC2086 # words
	run "$sandbox" -- ./unseen $file
	[ "$status" = 1 ]
	[[ $output == *"refused fsopen("* ]]
}

@test "the demo profile leaves the counts as they are" {
	cd "$BATS_TEST_DIRNAME/.."
	[ -n "$COW_DEMOS" ]
	for demo in $COW_DEMOS; do
		[[ " cow/denied $COW_FREE " != *" $demo "* ]] || continue
		"$build/$demo" --json > "$tmp/free"
		"$sandbox" --profile demo --write /var/tmp -- \
			"$build/$demo" --json > "$tmp/boxed"
		diff "$tmp/free" "$tmp/boxed"
	done
}
