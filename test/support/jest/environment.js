// @ts-check
/**
 * Jest's environment without its sandbox (docs/decisions/0030): tests run in the realm of their process. What a file changes of the global object,
 * of `process` and of its variables is put back at its end.
 */
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** @typedef {Map<string | symbol, PropertyDescriptor | undefined>} Properties */

class OneRealmEnvironment {
  /** @param {{ readonly projectConfig: ConstructorParameters<typeof ModernFakeTimers>[0]['config'] }} config */
  constructor({ projectConfig }) {
    this.before = {
      ...{ globals: propertiesOf(globalThis), process: propertiesOf(process), variables: { ...process.env } },
      listeners: new Map(process.eventNames().map((name) => [name, new Set(process.rawListeners(name))])),
    };
    const global = globalThis;
    this.global = global;
    this.moduleMocker = new ModuleMocker(global);
    this.fakeTimers = null; // the legacy ones
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global });
    Error.stackTraceLimit = 100;
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern?.dispose();
    this.fakeTimersModern = null;
    const { globals, process: own, variables, listeners } = this.before;
    putBack(globalThis, globals);
    putBack(process, own);
    process.exitCode = undefined;
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
    for (const name of process.eventNames())
      for (const listener of process.rawListeners(name))
        if (!listeners.get(name)?.has(listener)) process.removeListener(name, /** @type {() => void} */ (listener));
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return globalThis; // runtime.js compiles in no other
  }
}

/** @param {object} target @returns {Properties} */
function propertiesOf(target) {
  return new Map(Reflect.ownKeys(target).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)]));
}

/** @param {object} target @param {Properties} before */
function putBack(target, before) {
  for (const key of Reflect.ownKeys(target)) if (!before.has(key)) Reflect.deleteProperty(target, key);
  for (const [key, was] of before) {
    const now = Object.getOwnPropertyDescriptor(target, key);
    const isSame = now !== undefined && now.value === was?.value && now.get === was?.get;
    if (was?.configurable && !isSame) Object.defineProperty(target, key, was);
  }
}

module.exports = OneRealmEnvironment;
