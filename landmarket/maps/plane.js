/*
 * From longitude and latitude to the plane the parcels were surveyed in: the transverse Mercator projection (Gauss-
 * Krueger) by Krueger's series to the fourth power of the third flattening (Karney 2011, equations 7 to 11 and 35),
 * good to well under a millimetre within a zone.
 */
(function (lm) {
  "use strict";

  function coefficients(n) {
    return [
      n / 2 - 2 * n * n / 3 + 5 * n * n * n / 16 + 41 * Math.pow(n, 4) / 180,
      13 * n * n / 48 - 3 * n * n * n / 5 + 557 * Math.pow(n, 4) / 1440,
      61 * n * n * n / 240 - 103 * Math.pow(n, 4) / 140,
      49561 * Math.pow(n, 4) / 161280
    ];
  }

  // given: meridian [deg], easting [m], northing [m], scale, axis [m], flattening
  function Plane(given) {
    var n = given.flattening / (2 - given.flattening);
    this.given = given;
    this.series = coefficients(n);
    this.eccentricity = 2 * Math.sqrt(n) / (1 + n);
    this.radius = given.scale * given.axis / (1 + n) * (1 + n * n / 4 + Math.pow(n, 4) / 64);
  }

  // Easting and northing [m].
  Plane.prototype.project = function (longitude, latitude) {
    var sine = Math.sin(latitude * Math.PI / 180), e = this.eccentricity;
    var lambda = (longitude - this.given.meridian) * Math.PI / 180;
    var t = Math.sinh(Math.atanh(sine) - e * Math.atanh(e * sine));
    var xi = Math.atan2(t, Math.cos(lambda)), eta = Math.atanh(Math.sin(lambda) / Math.sqrt(1 + t * t));
    var north = xi, east = eta;
    this.series.forEach(function (a, j) {
      var m = 2 * (j + 1);
      east += a * Math.cos(m * xi) * Math.sinh(m * eta);
      north += a * Math.sin(m * xi) * Math.cosh(m * eta);
    });
    return [this.given.easting + this.radius * east, this.given.northing + this.radius * north];
  };

  function length(points) {
    var sum = 0;
    for (var i = 1; i < points.length; i++) {
      sum += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]);
    }
    return sum;
  }

  // Taken from the first point on: the products of whole coordinates would lose the last digits.
  function area(points) {
    var twice = 0, x0 = points.length ? points[0][0] : 0, y0 = points.length ? points[0][1] : 0;
    for (var i = 0, j = points.length - 1; i < points.length; j = i++) {
      twice += (points[j][0] - x0) * (points[i][1] - y0) - (points[i][0] - x0) * (points[j][1] - y0);
    }
    return Math.abs(twice) / 2;
  }

  lm.Plane = Plane;
  lm.lengthOf = length;
  lm.areaOf = area;
})(window.landmarket = window.landmarket || {});
