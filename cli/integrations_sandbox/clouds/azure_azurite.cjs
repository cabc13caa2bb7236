// Two changes to Azurite (its version is pinned in package.json), loaded by `node --require` before it starts.
//
// It takes its accounts from its own environment, once a minute; here accounts come and go while it runs,
// so it looks at a file on every request. And it saves its index every 5 seconds; a sandbox that is
// killed should lose less.
"use strict";

const fs = require("fs");

const azurite = process.env.SANDBOX_AZURITE;
const accounts = process.env.SANDBOX_AZURITE_ACCOUNTS;
const SAVE_MILLISECONDS = 500;

const AccountDataStore = require(`${azurite}/dist/src/common/AccountDataStore.js`).default;
AccountDataStore.prototype.refresh = function () {
  this.accounts = this.parserAccountsEnvironmentString(fs.readFileSync(accounts, "utf8"));
};
const getAccount = AccountDataStore.prototype.getAccount;
AccountDataStore.prototype.getAccount = function (name) {
  this.refresh();
  return getAccount.call(this, name);
};

const Loki = require(require.resolve("lokijs", { paths: [azurite] }));
const autosaveEnable = Loki.prototype.autosaveEnable;
Loki.prototype.autosaveEnable = function (...rest) {
  this.autosaveInterval = SAVE_MILLISECONDS;
  return autosaveEnable.apply(this, rest);
};
