module.exports = {
  apps: [
    { name: "web", script: "web.js", watch: true },
  ,
};
