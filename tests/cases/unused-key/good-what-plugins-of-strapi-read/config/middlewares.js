module.exports = ["strapi::errors"];
