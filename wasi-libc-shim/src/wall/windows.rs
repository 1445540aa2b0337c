//! The wall on Windows: policies that a process sets on itself and cannot take back. They keep code out that
//! was not there from the start, and other processes; the system has none that keeps files to what is open.
//!
//! Each policy is read back, because a system may take one that it does not know and do nothing. Source:
//! Microsoft, `SetProcessMitigationPolicy` and its structures, each of which is 32 bits of flags; job objects.

#![allow(unsafe_code)]

use super::{Active, Measure, Plan};
use crate::Wasi;
use core::{mem, ptr};
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOBOBJECT_BASIC_LIMIT_INFORMATION, JobObjectBasicLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessMitigationPolicy, PROCESS_MITIGATION_POLICY,
    ProcessChildProcessPolicy, ProcessDynamicCodePolicy, ProcessExtensionPointDisablePolicy,
    ProcessImageLoadPolicy, SetProcessMitigationPolicy,
};

/// What `--sandbox require` insists on.
pub(super) const REQUIRED: &[Measure] = &[
    Measure::NoDynamicCode,
    Measure::NoChildProcesses,
    Measure::NoForeignImages,
    Measure::NoExtensionPoints,
];

/// `ProhibitDynamicCode`, without the flags by which threads and others opt out.
const PROHIBIT: u32 = 1 << 0;
/// `NoChildProcessCreation`.
const NO_CHILDREN: u32 = 1 << 0;
/// `NoRemoteImages`, `NoLowMandatoryLabelImages` and `PreferSystem32Images`.
const NO_FOREIGN: u32 = 0b111;
/// `DisableExtensionPoints`.
const DISABLE: u32 = 1 << 0;

/// Raises what the system has.
pub(super) fn raise(_wasi: &Wasi, _plan: &Plan) -> Active {
    let mut active = Active::default();
    let alone = set(ProcessChildProcessPolicy, NO_CHILDREN) || stay_alone();
    active.add(Measure::NoChildProcesses, alone);
    active.add(Measure::NoForeignImages, set(ProcessImageLoadPolicy, NO_FOREIGN));
    active.add(Measure::NoExtensionPoints, set(ProcessExtensionPointDisablePolicy, DISABLE));
    active.add(Measure::NoDynamicCode, set(ProcessDynamicCodePolicy, PROHIBIT));
    active
}

/// Sets the flags of a policy. Says whether they are set then.
fn set(policy: PROCESS_MITIGATION_POLICY, flags: u32) -> bool {
    let mut now = 0_u32;
    let bytes = size_of::<u32>();
    // SAFETY: both calls are given 32 bits and their size.
    unsafe {
        SetProcessMitigationPolicy(policy, (&raw const flags).cast(), bytes);
        let (process, buffer) = (GetCurrentProcess(), (&raw mut now).cast());
        GetProcessMitigationPolicy(process, policy, buffer, bytes) != 0 && now & flags == flags
    }
}

/// Puts the process into a job that holds no other one.
fn stay_alone() -> bool {
    // SAFETY: all zero is a structure that limits nothing; sizes are those of the structures. The job lasts as
    // long as a process is in it, and its limits can be changed by nobody without a handle.
    unsafe {
        let job = CreateJobObjectW(ptr::null(), ptr::null());
        if job.is_null() {
            return false;
        }
        let mut limits: JOBOBJECT_BASIC_LIMIT_INFORMATION = mem::zeroed();
        limits.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        limits.ActiveProcessLimit = 1;
        let limited = SetInformationJobObject(
            job,
            JobObjectBasicLimitInformation,
            (&raw const limits).cast(),
            size_of::<JOBOBJECT_BASIC_LIMIT_INFORMATION>() as u32,
        ) != 0;
        let alone = limited && AssignProcessToJobObject(job, GetCurrentProcess()) != 0;
        CloseHandle(job);
        alone
    }
}
