package io.headgate.benchmarks;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/**
 * What {@link Beside} has of one version of the filter: requests without a container, whose request and response are proxies of
 * the interfaces. So what is printed has the cost of those proxies in it, about the same for each version: differences count.
 */
public final class BesideFilter {

    private BesideFilter() {}

    /**
     * A filter and its clients.
     *
     * @param setting how many clients; and {@code chargeOn} for a filter that charges by the response
     * @return takes a number of requests, answers how many passed
     */
    public static IntUnaryOperator of(String... setting) {
        int clients = Integer.parseInt(setting[0]);
        Map<String, String> params = new HashMap<>(Map.of("limits", "2/minute burst 1000000", "sweepInterval", "0"));
        if (setting[1].equals("chargeOn")) {
            params.put("chargeOn", "401");
        }
        // By init-params: their names have not changed from version to version, as methods have.
        RateLimitFilter filter = new RateLimitFilter();
        try {
            filter.init(config(params));
        } catch (ServletException e) {
            throw new IllegalStateException(e);
        }
        HttpServletResponse response = response();
        HttpServletRequest[] requests = new HttpServletRequest[clients];
        for (int i = 0; i < clients; i++) {
            requests[i] = request("10." + (i >> 16 & 255) + "." + (i >> 8 & 255) + "." + (i & 255));
        }
        SplittableRandom random = new SplittableRandom(1);
        int[] passed = new int[1];
        FilterChain chain = (request, answer) -> passed[0]++;
        return calls -> {
            passed[0] = 0;
            try {
                for (int i = 0; i < calls; i++) {
                    filter.doFilter(requests[random.nextInt(clients)], response, chain);
                }
            } catch (IOException | ServletException e) {
                throw new IllegalStateException(e);
            }
            return passed[0];
        };
    }

    private static FilterConfig config(Map<String, String> params) {
        ServletContext context = proxy(ServletContext.class, (proxy, method, arguments) -> null);
        return proxy(FilterConfig.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getFilterName" -> "beside";
            case "getServletContext" -> context;
            case "getInitParameterNames" -> Collections.enumeration(params.keySet());
            default -> params.get(String.valueOf(arguments[0]));
        });
    }

    private static HttpServletRequest request(String peer) {
        return proxy(HttpServletRequest.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getRemoteAddr" -> peer;
            case "getMethod" -> "GET";
            case "getServletPath" -> "/";
            case "getDispatcherType" -> DispatcherType.REQUEST;
            case "getHeaders" -> Collections.emptyEnumeration();
            case "isAsyncStarted" -> false;
            default -> null;
        });
    }

    private static HttpServletResponse response() {
        return proxy(HttpServletResponse.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "isCommitted" -> false;
            case "getStatus" -> 200;
            default -> null;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(BesideFilter.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
