// pm2_real.cjs SPARKCFG PM2 FOLDER: gives PM2 a value of every kind for each of its attributes, in JavaScript and in YAML, and
// compares what it refuses with `pm2-bad-attribute` of `sparkcfg validate`. Used by tests/render_real.sh.
const fs = require('fs');
const { execFileSync } = require('child_process');
const [sparkcfg, pm2, folder] = process.argv.slice(2);
const { verifyConfs } = require(`${pm2}/lib/Common.js`);
const yaml = require(require.resolve('js-yaml', { paths: [pm2] }));

// These fetch packages, or look at the users of this machine.
const LEFT_OUT = ['trace', 'disable_trace', 'deep_monitoring', 'uid', 'gid', 'username'];
const schema = Object.keys(require(`${pm2}/lib/API/schema.json`)).filter((name) => !name.includes('\\'));
const names = [...schema.filter((name) => !LEFT_OUT.includes(name)), 'killTimeout', 'interpreter', 'error', 'out', 'cron', 'pid', 'exec', 'combine_logs'];
const scripts = [true, false, 0, 5000, 50, 1.5, null, '', ' ', 'true', '5000', ' 5 ', '5s', '5 s', 'x', '10M', '10MB', '1.5G', 'fork', 'cluster_mode', 'clustr', '0x10', '0xg', '1e3', 'Infinity', '-1', '0 3 * * *', [], ['a'], [5], [1, 2], {}, { A: '1' }];
const plain = ['yes', 'no', 'on', 'True', 'FALSE', 'true', '~', 'Null', '5', '+5', '-5', '0123', '5s', '10M', '5 s', '1_000', '0x10', '0o14', '1e3', '.5', '5.', '.inf', '.nan', '12:30', '2024-01-01', 'max', '[a]', '{A: 1}', '"5"', "'yes'"];
const quiet = (work) => {
  const kept = [console.log, console.error];
  console.log = console.error = () => {};
  try { return work(); } finally { [console.log, console.error] = kept; }
};
// PM2 looks at an `env` only when it starts the app, and stops at a text.
const refuses = (app, name, value) => {
  if (name === 'env' && typeof value === 'string' && value !== '') return true;
  try { return quiet(() => verifyConfs([app])) instanceof Error; } catch { return true; }
};

// What no kind of value alone can tell: the number of a list with one item.
const passedOver = (name, value) => Array.isArray(value) && value.length < 2;
let [compared, wrong] = [0, 0];
const compare = (file, text, trials) => {
  fs.writeFileSync(`${folder}/${file}`, text);
  fs.writeFileSync(`${folder}/sparkcfg.toml`, `[hardening.files]\ndev = ["${file}"]\n`);
  let report;
  try { report = execFileSync(sparkcfg, ['validate', '--project', folder, '--format', 'json'], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }); } catch (error) { report = error.stdout; }
  const found = JSON.parse(report).findings.filter((finding) => finding.code === 'pm2-bad-attribute');
  const told = new Set(found.map((finding) => finding.location.line));
  for (const { line, app, name, value, isUnsure } of trials) {
    const [ours, theirs] = [told.has(line), refuses(app, name, value)];
    compared += 1;
    if (ours === theirs || !ours && (isUnsure || passedOver(name, value))) continue;
    wrong += 1;
    console.log(`${file}: ${name}: ${JSON.stringify(value)} is ${theirs ? 'refused' : 'taken'} by PM2, and ${ours ? 'told' : 'not told'} here`);
  }
};

fs.mkdirSync(`${folder}/environments`, { recursive: true });
fs.writeFileSync(`${folder}/environments/dev.env`, 'A=1\n');
const app = (name, value) => ({ ...(name === 'name' ? {} : { name: 'a' }), ...(['script', 'exec'].includes(name) ? {} : { script: '/bin/sleep' }), [name]: value });
const patterns = ['*/5 * * * *', '30 0 3 * * *', '0 3 * * MON-FRI', '0 3 L * *', '0 3 1,15 jan,jul ?', '0 8-18/2 * * *', ' 0  3 * * 7 ', '0 3 * *', '0 3 * * * * *', '60 3 * * *', '0 24 * * *', '0 3 0 * *', '0 3 * 13 *', '0 3 * * 8', '0 5-3 * * *', '*/0 * * * *', '*/61 * * * *', '1-5,10 * * * *', '0 3 * * monday', '@daily', '0 3 , * *', '0 -3 * * *', '0 3- * * *', '0 /5 * * *', '0 3 * * *-5', '0 1-2-3 * * *', '0 1/2/3 * * *', '90/5 * * * *', '0 99999999999 * * *', '0 3 * * * #'];
const cron = ['cron_restart', 'cron'].flatMap((name) => patterns.map((value) => ({ name, value, app: app(name, value) })));
const inScripts = names.flatMap((name) => scripts.map((value) => ({ name, value, app: app(name, value) }))).concat(cron);
inScripts.forEach((trial, at) => { trial.line = at + 2; });
compare('ecosystem.config.js', `module.exports = [\n${inScripts.map((trial) => JSON.stringify(trial.app)).join(',\n')}\n];\n`, inScripts);

// In YAML, numbers in other bases, dates and the like are passed over, for versions of its reader differ.
const unsure = /^[+-]?(\d.*[_:-]|0[xo]|\.)/;
const inYaml = names.flatMap((name) => plain.map((text) => {
  const value = yaml.load(text);
  const rest = Object.entries(app(name)).filter(([key]) => key !== name).map(([key, text]) => `${key}: ${text}, `);
  return { name, value, app: app(name, value), text: `  - {${rest.join('')}${name}: ${text}}`, isUnsure: unsure.test(text) };
}));
inYaml.forEach((trial, at) => { trial.line = at + 2; });
compare('ecosystem.config.yaml', `apps:\n${inYaml.map((trial) => trial.text).join('\n')}\n`, inYaml);

console.log(`${compared} compared, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
