// The instrumentation takes each answer of the client, and so does the client's own `parse`: from the same
// body, which can be read once, so that `parse` throws. Here both get what was read first.
function readOnce() {
  let answers;
  try {
    ({ APIPromise: answers } = require("openai/core/api-promise"));
  } catch {} // no such client, or one that is made in another way
  const unwrap = answers?.prototype._thenUnwrap;
  if (!unwrap) return;
  answers.prototype._thenUnwrap = function (transform) {
    const read = this.parseResponse;
    let answer;
    this.parseResponse = (...about) => (answer ??= read.apply(this, about));
    return unwrap.call(this, transform);
  };
}

module.exports = { readOnce };
