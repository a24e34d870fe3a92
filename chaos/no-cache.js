// Preloaded into a worker: it keeps no workflow in memory, so that every workflow task replays the whole history.
const { Worker } = require('@temporalio/worker');

const create = Worker.create.bind(Worker);
Worker.create = (options) => create({ ...options, maxCachedWorkflows: 0 });
