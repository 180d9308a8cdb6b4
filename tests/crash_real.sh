#!/bin/sh
# Cuts runs that change sealed files off: 1,750 SIGKILLs at random moments, one at each system call, failing writes, a
# full disk and a read-only one. Each time the old file or the new one must be there, whole, and the next run must work.
# Runs that write plain text (`export --to`, `import --remove`) leave none of it where git would take it.
# Takes about ten minutes. Needs cargo; the system calls need strace, the disks need root to mount them in memory.
# Prints "N passed, M failed, K skipped"; exit code 1 if any failed.
set -eu
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0

try() {
    if cargo test --quiet --locked --test stores -- --ignored --nocapture --exact "$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1 needs $2"
}

try crash::a_thousand_killed_runs_leave_the_old_file_or_the_new_one
for test in crash::a_run_killed_at_any_call_leaves_the_old_file_or_the_new_one \
    crash::a_run_whose_writing_fails_leaves_the_old_file_and_says_so \
    crash_plain::a_run_killed_at_any_call_leaves_no_plain_text_to_git; do
    if command -v strace >/dev/null; then try "$test"; else skip "$test" strace; fi
done
test=crash::a_full_or_read_only_disk_keeps_the_old_files
if [ "$(id -u)" = 0 ]; then try "$test"; else skip "$test" root; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
