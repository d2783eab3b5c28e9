# SPDX-License-Identifier: Apache-2.0
# Runs a program under a seccomp filter that answers some system calls itself. x86-64 only.
#   syscalls.pl old-kernel <program...>         calls newer than proot's knowledge do not exist: the
#                                               C library then falls back to those that proot rewrites
#   syscalls.pl pretend-ownership <program...>  changes of ownership succeed and change nothing
use strict;
use warnings;

my %filters = (
    # execveat statx io_uring_setup open_tree...fspick clone3 openat2 faccessat2 mount_setattr
    # fchmodat2 and what came after it
    'old-kernel' => [38, 322, 332, 425, 428 .. 433, 435, 437, 439, 442, 452, 463 .. 470],
    # chown fchown lchown setgroups fchownat
    'pretend-ownership' => [0, 92, 93, 94, 116, 260],
);

my $kind = shift @ARGV // '';
my ($error, @calls) = @{ $filters{$kind} // die "syscalls.pl: no filter '$kind'\n" };

# Each instruction: code, jump if true, jump if false, operand (linux/filter.h).
my $load_number = pack('SCCL', 0x20, 0, 0, 0);
my $allow = pack('SCCL', 0x06, 0, 0, 0x7fff0000);
my $answer = pack('SCCL', 0x06, 0, 0, 0x00050000 | $error);
my $filter = $load_number;
for my $i (0 .. $#calls) {
    $filter .= pack('SCCL', 0x15, $#calls - $i + 1, 0, $calls[$i]);
}
$filter .= $allow . $answer;
my $program = pack('Sx6P', length($filter) / 8, $filter);

my ($prctl, $set_no_new_privileges, $set_seccomp, $mode_filter) = (157, 38, 22, 2);
syscall($prctl, $set_no_new_privileges, 1, 0, 0, 0) == 0 or die "syscalls.pl: no_new_privs: $!\n";
syscall($prctl, $set_seccomp, $mode_filter, $program, 0, 0) == 0 or die "syscalls.pl: seccomp: $!\n";
exec { $ARGV[0] } @ARGV or die "syscalls.pl: $ARGV[0]: $!\n";
