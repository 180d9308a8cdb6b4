if (!process.env.TOOL_KEY) throw new Error("no key");
