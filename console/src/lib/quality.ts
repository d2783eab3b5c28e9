// SPDX-License-Identifier: Apache-2.0
// OPC UA status codes that Gantry gives, by name; others as the number.
const names: Record<number, string> = {
    0x00000000: 'Good',
    0x00960000: 'GoodLocalOverride',
    0x40000000: 'Uncertain',
    0x40900000: 'UncertainLastUsableValue',
    0x408f0000: 'UncertainNoCommunicationLastUsableValue',
    0x40930000: 'UncertainSensorNotAccurate',
    0x40940000: 'UncertainEngineeringUnitsExceeded',
    0x80000000: 'Bad',
    0x80050000: 'BadCommunicationError',
    0x800a0000: 'BadTimeout',
    0x80310000: 'BadNoCommunication',
    0x80320000: 'BadWaitingForInitialData',
    0x80890000: 'BadConfigurationError',
    0x808a0000: 'BadNotConnected',
    0x808b0000: 'BadDeviceFailure',
    0x808c0000: 'BadSensorFailure',
    0x808d0000: 'BadOutOfService',
};

export function code_text(code: number): string {
    const number = code >>> 0;
    return names[number] ?? '0x' + number.toString(16).padStart(8, '0').toUpperCase();
}
