// SPDX-License-Identifier: Apache-2.0
#include "api/route.h"

namespace gantry::api {

const std::vector<Route>& routes() {
    static const std::vector<Route> all = [] {
        std::vector<Route> out;
        add_session_routes(out);
        add_model_routes(out);
        add_asset_routes(out);
        add_point_routes(out);
        add_command_routes(out);
        add_sample_routes(out);
        add_formula_routes(out);
        add_live_routes(out);
        add_summary_routes(out);
        add_sql_routes(out);
        add_file_routes(out);
        add_broker_routes(out);
        add_mapping_routes(out);
        add_bridge_routes(out);
        add_publication_routes(out);
        add_influx_routes(out);
        add_prometheus_routes(out);
        add_connection_routes(out);
        add_access_routes(out);
        add_system_routes(out);
        return out;
    }();
    return all;
}

std::vector<QueryParameter> with_paging(std::vector<QueryParameter> more) {
    more.push_back({"limit", "integer", "Items a page, 1 to 1000. Default: 100."});
    more.push_back({"cursor", "string", "The \"next\" of the page before."});
    return more;
}

}  // namespace gantry::api
