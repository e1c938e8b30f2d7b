-- What a person sees in Neovim, with the lines of the manual as its whole configuration: findings, definition, hover,
-- completion, a mend, a new name, formatting. Run by nvim.sh, which prepares the folder.

local function fail(message)
  io.stderr:write("nvim: " .. message .. "\n")
  vim.cmd("cquit 1")
end

local function wait(what, is_done)
  if not vim.wait(20000, is_done, 20) then fail("waited in vain for " .. what) end
end

local function same(what, found, expected)
  if not vim.deep_equal(found, expected) then
    fail(what .. ": found " .. vim.inspect(found) .. ", expected " .. vim.inspect(expected))
  end
end

local function has(what, text, part)
  if not text:find(part, 1, true) then fail(what .. ": `" .. part .. "` is not in " .. text) end
end

-- Puts the cursor on a word; the column counts bytes.
local function on(word)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = line:find(word, 1, true)
    if column then return vim.api.nvim_win_set_cursor(0, { number, column - 1 }) end
  end
  fail("no `" .. word .. "` in the text")
end

local function main()
  local buffer = vim.api.nvim_get_current_buf()
  same("the file type", vim.bo.filetype, "agent")

  wait("findings", function() return #vim.diagnostic.get(buffer) > 0 end)
  local found = vim.diagnostic.get(buffer)
  same("the findings", #found, 1)
  same("the finding's severity", found[1].severity, vim.diagnostic.severity.ERROR)
  has("the finding", found[1].message, "nothing is named `mgs` here")
  has("the finding", found[1].message, "did you mean `msg`?")
  local line = vim.api.nvim_buf_get_lines(buffer, found[1].lnum, found[1].lnum + 1, false)[1]
  -- behind characters of several bytes the column is right all the same
  same("the finding's place", line:sub(found[1].col + 1, found[1].end_col), "mgs")

  on("mgs")
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {} }
  local actions = vim.lsp.buf_request_sync(buffer, "textDocument/codeAction", params, 20000)
  local action
  for _, answer in pairs(actions) do action = answer.result[1] end
  same("the mend", action.title, "replace `mgs` by `msg`")
  vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
  wait("the mended text", function() return #vim.diagnostic.get(buffer) == 0 end)

  on("msg}")
  vim.lsp.buf.hover()
  local float
  wait("the hover", function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= "" then float = window end
    end
    return float ~= nil
  end)
  local shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(float), 0, -1, false), "\n")
  has("the hover", shown, "msg: string")
  vim.api.nvim_win_close(float, true)

  on("second }")
  local columns = vim.api.nvim_win_get_cursor(0)
  local offered = vim.lsp.buf_request_sync(buffer, "textDocument/completion", vim.lsp.util.make_position_params(), 20000)
  local labels = {}
  for _, answer in pairs(offered) do
    for _, item in ipairs(answer.result) do table.insert(labels, item.label) end
  end
  same("what is offered behind `->`", labels, { "first", "second", "return", "fail" })

  vim.lsp.buf.definition()
  wait("the definition", function() return vim.api.nvim_win_get_cursor(0)[1] ~= columns[1] end)
  has("the definition", vim.api.nvim_get_current_line(), "call second {")

  vim.lsp.buf.rename("answer")
  wait("the new name", function()
    return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n"):find("call answer", 1, true) ~= nil
  end)
  has("the edge", table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n"), "-> answer")

  on("pay(first")
  vim.lsp.buf.definition()
  wait("the definition in the import", function() return vim.api.nvim_buf_get_name(0):find("shared.agent", 1, true) ~= nil end)
  has("the definition in the import", vim.api.nvim_get_current_line(), "tool pay(")

  io.stdout:write("neovim shows findings, mends, hovers, definitions, completions and new names\n")
  vim.cmd("qall!")
end

vim.defer_fn(function()
  local ok, why = pcall(main)
  if not ok then fail(tostring(why)) end
end, 100)
