package consumer;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** The filter in a Tomcat, by init-params, as a web.xml has them. */
public final class Main {

    // Held on to, or its level would be forgotten.
    private static final Logger TOMCAT = Logger.getLogger("org.apache");

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        TOMCAT.setLevel(Level.OFF);
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "hello", new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.getWriter().println("hello");
            }
        });
        context.addServletMappingDecoded("/", "hello");
        FilterDef filter = new FilterDef();
        filter.setFilterName("limits");
        filter.setFilterClass(RateLimitFilter.class.getName());
        filter.addInitParameter("limits", "1/hour");
        context.addFilterDef(filter);
        FilterMap everywhere = new FilterMap();
        everywhere.setFilterName("limits");
        everywhere.addURLPattern("/*");
        context.addFilterMap(everywhere);
        tomcat.start();
        try {
            expect(200, tomcat);
            expect(429, tomcat);
        } finally {
            tomcat.stop();
            tomcat.destroy();
        }
        System.out.println("servlet filter: admits, then denies");
    }

    private static void expect(int status, Tomcat tomcat) throws IOException {
        URI page = URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/");
        int got = ((HttpURLConnection) page.toURL().openConnection()).getResponseCode();
        if (got != status) throw new AssertionError(got + " instead of " + status);
    }
}
